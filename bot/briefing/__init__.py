"""Pure decisions about news: windows, ranking, stories, schedules. No I/O, no clock: `now` is a parameter."""

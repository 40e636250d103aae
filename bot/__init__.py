"""Heatline, a Discord bot that delivers news briefings.

Layers; a module imports only from its own line or from lines below it (`tests/test_layers.py` keeps it so):

    cli, __main__    the commands of the program
    preview          the offline preview: the whole bot inside a simulated Discord
    app              the bot, its workers, its start and stop
    commands         slash commands and controls: parse, ask, show
    delivery         when and to whom: plan, send, pace, recover
    cards            values -> what Discord shows
    terminal         what the commands of the program show to people
    loader           loads in a child process, and when
    syncing          CORPUS_SYNC, before a load
    loading          corpus -> store
    store            every SQL statement
    briefing         pure: ranking, windows, stories, schedules
    corpus           files -> articles
    settings         the environment, read once
    ahead            work done in forked processes, ahead of its use
    watchdog         a watch over the event loop
    limits           what the loader's process may use of the machine
    logs             to standard error, without secrets
    models           the values that travel between the layers
"""

__version__ = "0.1.0"

"""When and to whom: plan (choose and queue), send (outbox -> Discord), pace (rate), recover (after a crash)."""

"""Values -> what Discord shows: push cards (embeds), reply layouts (Components V2), texts, limits, escaping.

Views made here are payloads: they are stopped before they are sent, so that discord.py keeps none of them in memory.
Their controls are answered by the `DynamicItem`s of `bot.commands`, in this run of the program or a later one.
"""

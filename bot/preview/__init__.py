"""The offline preview: the whole, unmodified bot inside a simulated Discord, in a page that only this machine sees.

    serve       everything below, started and stopped in order
    page        the one web page around the simulated channels
    live        the simulated Discord as a living place: real time, several channels, pushes that arrive by themselves
    world       the demo server and its people
    sandbox     the preview's own folder, made anew at each start
    news        the invented demo news in it
    pictures    placeholder pictures, so that nothing is loaded from the network
    program     the program as the preview runs it
    hooks       every private part of SimCord that the preview touches, and the check that it is still there

Only `live`, `world` and `page` import SimCord, and only once `hooks.verify` has found it sound.
"""

from bot.preview.sandbox import Sandbox, visitor_id
from bot.preview.serve import DEFAULT_PORT, Program, serve

__all__ = ["DEFAULT_PORT", "Program", "Sandbox", "serve", "visitor_id"]

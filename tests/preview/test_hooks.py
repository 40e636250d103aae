"""The private parts of SimCord, without a browser; that they do what they are used for is tested by `test_page`."""

import pytest

from bot.models import HeatlineError
from bot.preview import hooks


def test_the_hooks_fit() -> None:
    hooks.verify()


@pytest.mark.parametrize(("found", "said"), [(None, "needs simcord 3.2.1:"), ("3.2.2", "3.2.2 is installed")])
def test_another_simcord_is_refused_in_one_sentence(found: str | None, said: str) -> None:
    with pytest.raises(HeatlineError, match=said):
        hooks.check_version(found)


@pytest.mark.parametrize(("module", "path"), [("simcord.gone", "Env"), ("simcord.env", "Env.gone")])
def test_a_missing_hook_is_named(module: str, path: str) -> None:
    with pytest.raises(HeatlineError, match=f"{module}.{path} is gone"):
        hooks.check_hook(hooks.Hook(module, path, "a test"))


def test_a_changed_page_is_named() -> None:
    with pytest.raises(HeatlineError, match="its page has changed"):
        hooks.check_patch(hooks.Patch("actions.js", "old", "new", "a test"), "something else")

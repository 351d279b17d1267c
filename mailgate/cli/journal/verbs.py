"""`mailgate journal release|take-back|discard|replay`. In: ids, or a filter. Out: a line per entry moved.

Exit code 1 when one was left as it was.
"""

from __future__ import annotations

from typing import Annotated

import typer

from mailgate.application.journal import discard as discarding
from mailgate.application.journal import release as releasing
from mailgate.application.journal import replay as replaying
from mailgate.application.journal import take_back as taking_back
from mailgate.application.journal.discard import Discard
from mailgate.application.journal.release import DISPOSITIONS, Release
from mailgate.application.journal.release_target import ReleaseTarget
from mailgate.application.journal.replay import Replay
from mailgate.application.words import one_of
from mailgate.cli import output
from mailgate.cli.journal.selecting import AllOption, Chosen, Common, IdsArgument, YesOption, filtering, selected
from mailgate.cli.opening import ConfigOption, JsonOption, OperatorOption, ReasonOption, acting, open_app

SendOption = Annotated[bool, typer.Option("--send", help="Let the mail go out that follows. Without it, none is sent.")]


@filtering
def release(
    chosen: Chosen,
    ids: IdsArgument = None,
    everything: AllOption = False,
    disposition: Annotated[
        str, typer.Option("--disposition", metavar="WHAT", help="comment, note, redirect or create; policy: let the policy decide again.")
    ] = "comment",
    case: Annotated[str, typer.Option("--case", metavar="KEY", help="The case it belongs to. Default: the case that was matched.")] = "",
    across: Annotated[
        str, typer.Option("--across-customers", metavar="KEY", help="The case once more, when its customer is not the author's.")
    ] = "",
    reason: ReasonOption = None,
    yes: YesOption = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let held entries through, as a comment by default; the author then takes part in the case."""
    one_of(disposition, DISPOSITIONS, "disposition", "--disposition")
    with selected("release", Common(ids, chosen, everything, reason, yes, operator, config, as_json)) as (app, principal, wanted, why):
        command = Release(wanted, disposition, case, why, across)
        for target in [] if as_json else releasing.show_targets(app, principal, command):
            output.note(_where_to(target))
        done = releasing.release(app, principal, command)
        hold_back_s = app.settings.outbound.hold_back_s
    output.report(done, "is not held", as_json)
    if done.moves and hold_back_s and not as_json:
        output.note(f"it takes effect in {hold_back_s:g} s; until then: mailgate journal take-back {done.moves[0].journal_id}")


def _where_to(target: ReleaseTarget) -> str:
    notified = f"notified by mail: {', '.join(target.notified)}" if target.notified else "nobody is notified"
    return f"{target.case} of {target.customer or 'no customer'}: {target.summary}; {notified}"


def take_back(
    ids: Annotated[list[str], typer.Argument(metavar="ID", help="Ids of released entries, or their beginnings.")],
    reason: ReasonOption = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take back a release that has not taken effect yet (outbound.hold_back_s): the entries are held again."""
    with open_app(config) as app:
        done = taking_back.take_back_release(
            app, acting(operator), taking_back.TakeBackRelease(ids, output.given(reason, "the reason"))
        )  # fmt: skip
    output.report(done, "is not a release that waits", as_json)


@filtering
def discard(
    chosen: Chosen,
    ids: IdsArgument = None,
    everything: AllOption = False,
    reason: ReasonOption = None,
    yes: YesOption = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide that held or shunted entries need no work. Their bytes stay."""
    with selected("discard", Common(ids, chosen, everything, reason, yes, operator, config, as_json)) as (app, principal, wanted, why):
        done = discarding.discard(app, principal, Discard(wanted, why))
    output.report(done, "is neither held nor shunted", as_json)


@filtering
def replay(
    chosen: Chosen,
    ids: IdsArgument = None,
    everything: AllOption = False,
    send: SendOption = False,
    reason: ReasonOption = None,
    yes: YesOption = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run decided or shunted entries again under the active policy. Nothing is done twice; no mail is sent without --send."""
    with selected("replay", Common(ids, chosen, everything, reason, yes, operator, config, as_json)) as (app, principal, wanted, why):
        done = replaying.replay(app, principal, Replay(wanted, send, why))
    output.report(done, "", as_json)
    if not send and not as_json and any(one.to_state == "pending" for one in done.moves):
        output.note("no mail is sent because of this; mailgate journal replay --send sends it")


VERBS = {"release": release, "take-back": take_back, "discard": discard, "replay": replay}

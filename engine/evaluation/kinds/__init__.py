"""The kinds of norm, a folder each: `run` (how it moves), `told` (how it explains itself), `could_be` (at most)."""

from collections.abc import Mapping

from engine.evaluation.kinds.keep import could_be as keep_could_be
from engine.evaluation.kinds.keep import told as keep_told
from engine.evaluation.kinds.keep.run import KeepRun
from engine.evaluation.kinds.kind import Kind
from engine.evaluation.kinds.may import could_be as may_could_be
from engine.evaluation.kinds.may import told as may_told
from engine.evaluation.kinds.may.run import MayRun
from engine.evaluation.kinds.must import could_be as must_could_be
from engine.evaluation.kinds.must import told as must_told
from engine.evaluation.kinds.must.run import MustRun
from engine.evaluation.kinds.must_not import could_be as must_not_could_be
from engine.evaluation.kinds.must_not import told as must_not_told
from engine.evaluation.kinds.must_not.run import MustNotRun
from engine.language import plan
from engine.language.plan import Norm

KINDS: Mapping[type, Kind] = {
    plan.Must: Kind(MustRun, must_told, must_could_be),
    plan.MustNot: Kind(MustNotRun, must_not_told, must_not_could_be, is_silent=True),
    plan.Keep: Kind(KeepRun, keep_told, keep_could_be, is_silent=True),
    plan.May: Kind(MayRun, may_told, may_could_be, has_verdict=False),
}


def kind_of(norm: Norm) -> Kind:
    return KINDS[type(norm.modal)]

"""Rules and their manual pages."""

from fastapi import APIRouter

from checkdam.datasets import RuleRate
from checkdam.lint import rule, rule_info, rules
from checkdam.schema import RuleInfo
from checkdam.server.auth import only
from checkdam.server.context import TheDatasets
from checkdam.server.wire.base import IdPath, failures
from checkdam.server.wire.rules import RuleDetailOut, RuleOut, RuleRateOut

router = APIRouter(tags=["rules"])


@router.get("/rules", response_model=list[RuleOut], dependencies=[only("datasets.read")], responses=failures(401, 403))
def list_rules() -> list[RuleInfo]:
    """All rules, by name."""
    return [rule_info(each) for each in rules().values()]


@router.get(
    "/rules/{name}",
    response_model=RuleDetailOut,
    dependencies=[only("datasets.read")],
    responses=failures(401, 403, 404),
)
def get_rule(name: IdPath) -> RuleInfo:
    """One rule with its manual page."""
    return rule_info(rule(name))


@router.get(
    "/rule-rates", response_model=list[RuleRateOut], dependencies=[only("datasets.read")], responses=failures(401, 403)
)
def list_rule_rates(datasets: TheDatasets) -> list[RuleRate]:
    """How often each rule is wrong, by what people decided on its findings: only rules on which somebody decided."""
    return datasets.rates.all()

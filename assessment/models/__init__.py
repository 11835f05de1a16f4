from assessment.models.forecast import Forecast
from assessment.models.judging import Judgement, ManualScore
from assessment.models.result_use import ResultUse
from assessment.models.round import Adjustment, Objection, Round, SelfCheck, Verdict, Veto
from assessment.models.scheme import Scheme
from assessment.models.seal import Reopening, Seal, SealedScore
from assessment.models.secretary_review import (
    SecretaryReport,
    SecretaryReview,
    SecretaryReviewCampaign,
    SecretaryReviewProblem,
)

__all__ = [
    "Adjustment", "Forecast", "Judgement", "ManualScore", "Objection", "Reopening", "ResultUse", "Round", "Scheme", "Seal",
    "SealedScore", "SecretaryReport", "SecretaryReview", "SecretaryReviewCampaign", "SecretaryReviewProblem", "SelfCheck",
    "Verdict", "Veto",
]  # fmt: skip

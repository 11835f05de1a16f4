from members.models.appraisal import Appraisal, AppraisalRow, MassPoll
from members.models.community import CommunityLink, CommunityReport, CommunityService, Pledge, ServiceHand
from members.models.correction import Correction
from members.models.dues import DuesBase, DuesConsent, DuesHandover, DuesPayment, DuesWaiver
from members.models.election import Election, ElectionStep, Nominee, TermExtension
from members.models.exemption import Exemption, LeadingCadre
from members.models.honour import Honour, HonourRound, Nomination, Sanction
from members.models.letter import ResponsibilityLetter
from members.models.person import DateRange, Member, Membership, MembershipQuerySet, PersonalQuerySet
from members.models.post import Post
from members.models.standing import Backbone, GroupMembership, Standing, Whereabouts
from members.models.transfer import Transfer, TransferList, TransferStep

__all__ = [
    "Appraisal", "AppraisalRow", "Backbone", "CommunityLink", "CommunityReport", "CommunityService", "Correction",
    "DateRange", "DuesBase", "DuesConsent", "DuesHandover", "DuesPayment", "DuesWaiver", "Election", "ElectionStep",
    "Exemption", "GroupMembership", "Honour", "HonourRound", "LeadingCadre", "MassPoll", "Member", "Membership",
    "MembershipQuerySet", "Nomination", "Nominee", "PersonalQuerySet", "Pledge", "Post", "ResponsibilityLetter", "Sanction", "ServiceHand",
    "Standing", "TermExtension", "Transfer", "TransferList", "TransferStep", "Whereabouts",
]  # fmt: skip

"""What the tests of training share: a 党委, a branch below it, who serves there, a class of 工委 open for enrolment."""

import pytest

from branches.actions import root
from branches.rights import Role
from tests.factories import BranchFactory, TrainingClassFactory, UserFactory


@pytest.fixture
def upper():
    return BranchFactory(parent=root(), committee=True, name="云岭县第一中学党委")


@pytest.fixture
def branch(upper):
    return BranchFactory(parent=upper)


@pytest.fixture
def boss(upper):
    return UserFactory(serving=upper, role=Role.COMMITTEE)


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


@pytest.fixture
def held(upper):
    """A class of 工委, open for enrolment to all."""
    return TrainingClassFactory(branch=root(), state="open")

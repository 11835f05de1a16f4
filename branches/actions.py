import secrets

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import connection, transaction

import vault
from accounts import audit
from accounts.models import User
from branches.models import Appointment, Branch, Group, Placement, School, Term
from branches.rights import SEATS, Role, require
from jobs.planning import same_name
from rulebook.book import value

_FIELDS = ("name", "kind", "stage", "area", "nature", "founded_on", "note")


def root():
    """The county's work committee, made by `migrate`: the top of every path."""
    return Branch.objects.get(parent=None)


def add_below(drafts):
    """Insert new organisations in bulk, parents first: pairs (unsaved branch, its parent saved or unsaved in this list)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('branches_branch', 'id')) FROM generate_series(1, %s)", [len(drafts)]
        )
        for (branch, _), (pk,) in zip(drafts, cursor.fetchall(), strict=True):
            branch.pk = pk
    parents = {id(branch): parent for branch, parent in drafts}

    def path(branch):
        if not branch.path:
            upper = parents[id(branch)]
            branch.parent_id, branch.path = upper.pk, f"{path(upper)}{branch.pk}/"
        return branch.path

    for branch, _ in drafts:
        path(branch)
    ordered = sorted((branch for branch, _ in drafts), key=lambda branch: branch.path.count("/"))
    made = Branch.objects.bulk_create(ordered)
    Placement.objects.bulk_create(
        Placement(branch=branch, parent_id=branch.parent_id, started_on=branch.founded_on, ended_on=branch.closed_on)
        for branch in made
    )
    return made


@transaction.atomic
def import_organisations(rows, *, by, on):
    """Write the good rows of a plan: new organisations, changed ones, their present terms, groups and schools.

    The row of the 党工委 becomes the root. Returns (added, changed).
    """
    top = root()
    require(by, "import.run", at=top)
    known = {same_name(branch.name): branch for branch in Branch.objects.select_for_update().filter(closed_on=None)}
    drafts, changed, touched = [], 0, {}
    last = max((branch.order for branch in known.values()), default=0)
    for row in rows:
        values = row.values
        is_top = values["kind"] == Branch.Kind.WORK_COMMITTEE
        branch = top if is_top else known.get(same_name(values["name"]))
        fresh = {name: values.get(name) for name in _FIELDS if values.get(name) is not None}
        if branch is None:
            last += 1
            branch = Branch(**fresh, order=last, contact_phone=values.get("contact_phone") or "")
            drafts.append((branch, values))
        else:
            changed += _update(branch, fresh, values.get("contact_phone"))
        known[same_name(values["name"])] = branch
        touched[row.number] = (branch, values)
    add_below([(branch, known[same_name(values["parent"])]) for branch, values in drafts])
    _write_schools(touched.values())
    _write_terms(touched.values(), on)
    audit.record("branch.import", by=by, added=len(drafts), changed=changed)
    return len(drafts), changed


def _update(branch, fresh, phone):
    """Save what differs from the record; returns whether anything did."""
    if phone and vault.reveal(branch, "contact_phone") != phone:
        fresh["contact_phone"] = phone
    differing = [name for name, new in fresh.items() if name == "contact_phone" or getattr(branch, name) != new]
    for name in differing:
        setattr(branch, name, fresh[name])
    if differing:
        branch.version += 1
        branch.save(update_fields=[*differing, "version"])
    return bool(differing)


def _write_schools(touched):
    names = {name for _, values in touched for name in values.get("schools") or ()}
    School.objects.bulk_create([School(name=name) for name in sorted(names)], ignore_conflicts=True)
    schools = dict(School.objects.filter(name__in=names).values_list("name", "pk"))
    link = Branch.schools.through
    link.objects.bulk_create(
        [
            link(branch_id=branch.pk, school_id=schools[name])
            for branch, values in touched
            for name in values.get("schools") or ()
        ],
        ignore_conflicts=True,
    )


_TERM = ("expires_on", "committee_size", "secretary_name")


def _write_terms(touched, on):
    """The present term and the groups as far as the table has columns for them; what it does not say stays as it is."""
    touched = list(touched)
    years = value("term.years", on=on)
    serving = {
        term.branch_id: term for term in Term.objects.filter(branch__in=[branch for branch, _ in touched]).on(on)
    }
    terms = []
    for branch, values in touched:
        started, known = values.get("started_on"), serving.get(branch.pk)
        said = {name: values[name] for name in _TERM if values.get(name) is not None}
        if not (started or said):
            continue
        if known is None or (started and started != known.started_on):
            # Without an election day the term is known to run, not since when nor until when.
            expires = started and started + relativedelta(years=years.get(branch.kind) or years["branch"])
            known = Term(branch=branch, started_on=started or branch.founded_on, expires_on=expires)
        for name, new in said.items():
            setattr(known, name, new)
        terms.append(known)
    Term.objects.bulk_create([term for term in terms if term.pk is None])
    Term.objects.bulk_update([term for term in terms if term.pk is not None], _TERM, batch_size=500)
    _write_groups(touched, on)


def _write_groups(touched, on):
    """As many groups as the table says: the first ones since the founding, later ones from today; surplus ones end."""
    of_branch = {}
    for group in Group.objects.filter(branch__in=[branch for branch, _ in touched]).order_by("pk"):
        of_branch.setdefault(group.branch_id, []).append(group)
    fresh, surplus = [], []
    for branch, values in touched:
        wanted, known = values.get("groups"), of_branch.get(branch.pk, [])
        if wanted is None:
            continue
        working = [group for group in known if group.ended_on is None]
        names = {group.name for group in working}
        free = (name for number in range(1, 1000) if (name := f"第{number}党小组") not in names)
        started_on = on if known else branch.founded_on
        fresh += [Group(branch=branch, name=next(free), started_on=started_on) for _ in range(wanted - len(working))]
        surplus += working[wanted:]
    Group.objects.bulk_create(fresh)
    Group.objects.filter(pk__in=[group.pk for group in surplus]).update(ended_on=on)


@transaction.atomic
def open_account(username, name, branch, role, *, started_on, by):
    """A new account with its first post. Returns (user, first password), which must be changed at the first sign-in."""
    password = secrets.token_urlsafe(9)
    user = User.objects.create_user(username, password, name=name, must_change_password=True)
    audit.record("account.open", user, by=by)
    appoint(user, branch, role, started_on=started_on, by=by)
    return user, password


@transaction.atomic
def reset_password(user, *, by):
    """A new first password; every session of the person ends. Returns the password."""
    require(by, "account.manage", at=root())
    user = User.objects.select_for_update().get(pk=user.pk)
    password = secrets.token_urlsafe(9)
    user.set_password(password)
    user.must_change_password = True
    user.session_epoch += 1
    user.save(update_fields=["password", "must_change_password", "session_epoch"])
    audit.record("account.reset_password", user, by=by)
    return password


@transaction.atomic
def set_active(user, is_active, *, by):
    """Open or close an account; closing ends every session. Nobody closes the own account."""
    require(by, "account.manage", at=root())
    if user.pk == by.pk:
        raise ValidationError("不能停用自己的账号，请由另一位管理员办理。")
    user = User.objects.select_for_update().get(pk=user.pk)
    user.is_active = is_active
    user.session_epoch += 1
    user.save(update_fields=["is_active", "session_epoch"])
    audit.record("account.enable" if is_active else "account.disable", user, by=by)
    return user


@transaction.atomic
def appoint(user, branch, role, *, started_on, by):
    """Give a post, and with it its rights, from a day on."""
    require(by, "account.manage", at=branch)
    if branch.kind not in SEATS[role]:
        raise ValidationError(f"{branch.get_kind_display()}没有“{Role(role).label}”这个岗位，请核对党组织和岗位。")
    post = Appointment(user=user, branch=branch, role=role, started_on=started_on)
    post.full_clean()
    post.save()
    audit.record("appointment.begin", post, by=by, user=user.pk, branch=branch.pk, role=role, on=str(started_on))
    return post


@transaction.atomic
def dismiss(post, *, on, by):
    """End a post with that day as its last."""
    post = Appointment.objects.select_for_update(of=("self",)).select_related("branch").get(pk=post.pk)
    require(by, "account.manage", at=post.branch)
    post.ended_on = on
    post.full_clean()
    post.save(update_fields=["ended_on"])
    audit.record("appointment.end", post, by=by, on=str(on))
    return post

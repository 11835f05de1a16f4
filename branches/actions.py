import secrets

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from accounts import audit
from accounts.models import User
from branches.models import Appointment, Branch, Group, Placement, School, Term
from branches.resources import PLAIN, TERM
from branches.rights import SEATS, Role, require
from jobs.planning import same_name
from jobs.trail import Trail
from rulebook.book import value


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
def import_organisations(rows, *, by, on, trail=None):
    """Write the good rows of a plan: new organisations, changed ones, their present terms, groups and schools.

    The row of the 党工委 becomes the root. What is created and changed is told to the `trail`.
    """
    trail = trail or Trail()
    require(by, "import.run", at=root())
    known = {same_name(branch.name): branch for branch in Branch.objects.select_for_update().filter(closed_on=None)}
    last = max((branch.order for branch in known.values()), default=0)
    drafts = []
    for row in rows:
        if row.is_new:
            last += 1
            fresh = {name: row.values[name] for name in PLAIN if row.values.get(name) is not None}
            row.extra["branch"] = Branch(**fresh, order=last, contact_phone=row.values.get("contact_phone") or "")
            drafts.append((row.extra["branch"], row.values))
        known[same_name(row.values["name"])] = row.extra["branch"]
    made = add_below([(branch, known[same_name(values["parent"])]) for branch, values in drafts])
    trail.add(made)
    trail.add(Placement.objects.filter(branch__in=made))
    _update([row for row in rows if not row.is_new and row.extra["fresh"]], trail)
    _write_schools(rows, trail)
    _write_terms(rows, on, trail)
    _write_groups(rows, on, trail)
    changed = sum(bool(row.changes) for row in rows)
    audit.record("branch.import", by=by, added=len(drafts), changed=changed)


def _update(rows, trail):
    trail.keep(Branch, [row.extra["branch"].pk for row in rows])
    for row in rows:
        branch, fresh = row.extra["branch"], row.extra["fresh"]
        for name, new in fresh.items():
            setattr(branch, name, new)
        branch.version += 1
        branch.save(update_fields=[*fresh, "version"])
    _date_placements([row.extra["branch"].pk for row in rows if "founded_on" in row.extra["fresh"]], trail)


def _date_placements(branches, trail):
    """A founding day put right moves the first placement with it: nothing stands anywhere before it exists."""
    firsts = Placement.objects.filter(branch__in=branches).order_by("branch", "started_on").distinct("branch")
    rows = list(firsts.select_related("branch"))
    trail.keep(Placement, [row.pk for row in rows])
    for row in rows:
        row.started_on = min(row.branch.founded_on, row.ended_on or row.branch.founded_on)
    Placement.objects.bulk_update(rows, ["started_on"])


def _write_schools(rows, trail):
    wanted = {(row.extra["branch"].pk, name) for row in rows for name in row.values.get("schools") or ()}
    names = {name for _, name in wanted}
    known = set(School.objects.filter(name__in=names).values_list("name", flat=True))
    trail.add(School.objects.bulk_create([School(name=name) for name in sorted(names - known)]))
    schools = dict(School.objects.filter(name__in=names).values_list("name", "pk"))
    link = Branch.schools.through
    held = set(link.objects.filter(school__in=schools.values()).values_list("branch", "school"))
    missing = sorted({(branch, schools[name]) for branch, name in wanted} - held)
    trail.add(link.objects.bulk_create([link(branch_id=branch, school_id=school) for branch, school in missing]))


def _write_terms(rows, on, trail):
    """The term that the table speaks of, as far as it has columns for it; what it does not say stays as it is."""
    years = value("term.years", on=on)
    terms = []
    for row in rows:
        branch, known, started = row.extra["branch"], row.extra.get("term"), row.values.get("started_on")
        said = {name: row.values[name] for name in TERM if row.values.get(name) is not None}
        if known is None and (said or started):
            # Without an election day the term is known to run, not since when nor until when.
            expires = started and started + relativedelta(years=years.get(branch.kind) or years["branch"])
            known = Term(branch=branch, started_on=started or branch.founded_on, expires_on=expires)
            terms.append(known)
        elif known is not None and any(getattr(known, name) != new for name, new in said.items()):
            terms.append(known)
        else:
            continue
        for name, new in said.items():
            setattr(known, name, new)
    trail.keep(Term, [term.pk for term in terms])
    Term.objects.bulk_update([term for term in terms if term.pk is not None], TERM, batch_size=500)
    trail.add(Term.objects.bulk_create([term for term in terms if term.pk is None]))


def _write_groups(rows, on, trail):
    """As many groups as the table says: the first ones since the founding, later ones from today; surplus ones end."""
    of_branch = {}
    for group in Group.objects.filter(branch__in=[row.extra["branch"] for row in rows]).order_by("pk"):
        of_branch.setdefault(group.branch_id, []).append(group)
    fresh, surplus = [], []
    for row in rows:
        branch, wanted = row.extra["branch"], row.values.get("groups")
        known = of_branch.get(branch.pk, [])
        if wanted is None:
            continue
        working = [group for group in known if group.ended_on is None]
        names = {group.name for group in working}
        free = (name for number in range(1, 1000) if (name := f"第{number}党小组") not in names)
        started_on = on if known else branch.founded_on
        fresh += [Group(branch=branch, name=next(free), started_on=started_on) for _ in range(wanted - len(working))]
        surplus += [group.pk for group in working[wanted:]]
    trail.keep(Group, surplus)
    Group.objects.filter(pk__in=surplus).update(ended_on=on)
    trail.add(Group.objects.bulk_create(fresh))


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
    if user.pk == by.pk:
        raise ValidationError("不能给自己任命岗位，请由另一位管理员办理。")
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

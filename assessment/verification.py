"""Whether the seals hold: every column of every row, their order and number, the signatures, the heads kept outside, and
whether what was sealed as inputs still gives what was sealed as result.

Each finding names the seal, the organisation and the column. Whoever owns the database can change it and compute every digest
anew; the signatures take a key that is not in it, and the heads are kept beside it.
"""

from collections import Counter
from dataclasses import asdict, dataclass

from assessment import canonical, sealing
from assessment.models import Round, Seal, SealedScore
from vault import seal_keys

CHUNK = 500


@dataclass(frozen=True)
class Finding:
    """One place that does not hold, in words. `is_break`: False for what should be known and is no tampering."""

    kind: str
    seal: int
    title: str = ""
    position: int | None = None
    branch: str = ""
    column: str = ""
    other: str = ""

    WORDS = {
        "seal_missing": "{where}不见了，整份被删除",
        "seal_altered": "{where}的“{column}”被改动",
        "seal_unsigned": "{where}的签名对不上：内容连同摘要被改写过，或者整份是后来插入的",
        "seal_signature": "{where}的“签名”被改动，内容没有动过",
        "seal_unlinked": "{where}与上一号接不上：中间有封存被删除、对调或插入",
        "unknown_key": "{where}所用的签名密钥（{other}）不在密钥目录里，签名无法查验；请恢复这把密钥或它的公钥",
        "cut": "{where}在库外留有链头，数据库里却没有：链尾被截去，或者整个数据库换成了旧的",
        "rewritten": "{where}与库外留存的链头不符：这一号被整个重做过",
        "round_altered": "{where}所属年度考核的“{column}”与封存时不同，封存时是 {other}",
        "orphans": "有 {other} 行得分所属的封存（内部编号 {seal}）不存在",
        "row_missing": "{where}缺这一行，被删除或移走",
        "row_added": "{where}是后来插入的",
        "row_altered": "{where}的“{column}”被改动{other}",
        "row_unsigned": "{where}的签名对不上：内容连同摘要被改写过",
        "row_signature": "{where}的“签名”被改动，内容没有动过",
        "row_unlinked": "{where}与前一行接不上",
        "unreadable": "{where}的规范文本读不出",
        "recomputed": "{where}按封存的依据重新计算，结果与封存的不同：{column}",
        "worded": "{where}按封存的依据重新计算，得分、名次、等次一致，只有说明文字与当时不同（计分程序改过措辞）",
        "unkept": "{where}的链头没有留存在库外",
    }  # fmt: skip

    @property
    def is_break(self):
        return self.kind not in ("worded", "unkept")

    @property
    def where(self):
        found = f"第 {self.seal} 号封存" + (f"（{self.title}）" if self.title else "")
        if self.position is None:
            return found
        return f"{found}第 {self.position} 行" + (f"（{self.branch}）" if self.branch else "")

    def __str__(self):
        return self.WORDS[self.kind].format(**asdict(self), where=self.where)


@dataclass(frozen=True)
class Report:
    """What a check found: how many seals and rows were read, the last head, and every place that does not hold."""

    seals: int
    rows: int
    head: str
    findings: tuple

    @property
    def breaks(self):
        return [each for each in self.findings if each.is_break]

    @property
    def notes(self):
        return [each for each in self.findings if not each.is_break]


def as_result(report):
    """A report as plain data, for keeping."""
    return asdict(report)


def from_result(kept):
    """The report that `as_result` made plain."""
    return Report(**kept | {"findings": tuple(Finding(**each) for each in kept["findings"])})


def verify(*, year=None, heads=(), progress=None):
    """Walk every seal, or those of a year, whose place in the chain is looked at anyhow. `heads`: (number, head) as kept
    outside the database."""
    return _Walk(year, dict(heads), progress).report()


class _Walk:
    def __init__(self, year, heads, progress):
        self.year, self.heads, self.progress = year, heads, progress
        self.keys, self.findings, self.rows = seal_keys.ring(), [], 0
        self.seals = list(Seal.objects.order_by("number", "pk"))
        self.rounds = Round.objects.in_bulk([row.round_id for row in self.seals])
        self.numbers = {_digest(row.pk): row.number for row in self.seals}
        known = [row.pk for row in self.seals]
        self.orphans = Counter(SealedScore.objects.exclude(seal__in=known).order_by().values_list("seal", flat=True))
        self.total = sum(row.count for row in self.seals if self._wants(row))

    def _wants(self, row):
        return self.year is None or self.year == _told(row.county).get("year")

    def report(self):
        before, expected = sealing.START, 1
        for row in self.seals:
            for number in range(expected, row.number):
                self._say("seal_missing", number)
            digests = self._signed(row)
            is_whole = self._check_seal(row, digests)
            if is_whole and row.number == expected and row.previous != before:
                self._say("seal_unlinked", row.number, self.title(row))
            if self._wants(row) and is_whole is not None:
                _Rows(self, row, digests, is_whole).check()
            before, expected = sealing.digest_of(digests) if digests else row.head, row.number + 1
        self._check_heads()
        for pk, count in self.orphans.items():
            self._say("orphans", pk, other=str(count))
        head = self.seals[-1].head if self.seals else sealing.START
        return Report(len(self.seals), self.rows, head, tuple(self.findings))

    def _say(self, kind, number, title="", **more):
        self.findings.append(Finding(kind, number, title, **more))

    def title(self, row):
        return f"{_told(row.county).get('year', '？')} 年度{row.get_kind_display()}{row.get_stage_display()}"

    def tell(self):
        self.rows += 1
        if self.progress and self.rows % CHUNK == 0:
            self.progress(min(self.rows, self.total), self.total, "逐行核对")

    def _check_heads(self):
        last = self.seals[-1].number if self.seals else 0
        known = {row.number: row.head for row in self.seals}
        told = {each.seal for each in self.findings if each.position is None}
        for number, head in sorted(self.heads.items()):
            if number > last:
                self._say("cut", number)
            elif known.get(number) != head and number not in told:
                self._say("rewritten", number)
        for row in self.seals:
            if row.number not in self.heads and row.number not in told:
                self._say("unkept", row.number, self.title(row))

    def _signed(self, row):
        """The digests of a seal as they were signed, or None."""
        last = SealedScore.objects.filter(seal=self.rows_of(row)).order_by("-position").first()
        links = ("rows", (_dict(row.digests).get("rows"), last.digest if last else sealing.START))
        return signed_digests(row, sealing.SEAL_COLUMNS, links, sealing.WHOLE, self.keys)

    def _check_seal(self, row, digests):
        """Whether the seal itself is as it was made; None where its key is gone, so that nothing can be said of its rows."""
        title, before = self.title(row), len(self.findings)
        if digests is None and row.key_id not in self.keys.public:
            self._say("unknown_key", row.number, title, other=row.key_id)
            return None
        if digests is None:
            self._say("seal_signature" if self._is_told_elsewhere(row) else "seal_unsigned", row.number, title)
            return False
        for name in altered(row, digests, sealing.SEAL_COLUMNS, "head"):
            self._say("seal_altered", row.number, title, column=label(Seal, name))
        if len(self.findings) == before:
            self._check_round(row, title)
        return len(self.findings) == before

    def _is_told_elsewhere(self, row):
        """Whether all but the signature is what the file outside knows, or the seal after it, as that one was signed."""
        digests = sealing.digests_of(row, sealing.SEAL_COLUMNS) | {"rows": _dict(row.digests).get("rows")}
        after = Seal.objects.filter(number=row.number + 1).first()
        linked = (self._signed(after) or {}).get("previous") if after else None
        is_known = row.head == self.heads.get(row.number) or _digest(row.head) == linked
        return is_known and digests == row.digests and sealing.digest_of(digests) == row.head

    def _check_round(self, row, title):
        """The year, the meeting and the paper that the round tells are those that were sealed; what is final stays so."""
        told, round = _told(row.county), self.rounds.get(row.round_id)
        expected = {name: told[name] for name in ("year", "meeting_on", "minutes_number") if told.get(name)}
        if row.stage == Seal.Stage.FINAL:
            expected["state"] = str(Round.State.FINAL)
        for name, value in expected.items():
            if canonical.text(getattr(round, name, None)) != canonical.text(value):
                column = label(Round, name)
                shown = Round.State(value).label if name == "state" else str(value)
                self._say("round_altered", row.number, title, column=column, other=shown)

    def rows_of(self, row):
        """The key under which the rows of a seal lie: the seal's, or what it was before it was changed."""
        for pk in self.orphans:
            if _digest(pk) == _dict(row.digests).get("id"):
                return pk
        return row.pk


def _digest(value):
    return sealing.digest(canonical.text(value))


def _dict(value):
    return value if isinstance(value, dict) else {}


def _told(words):
    """What a text says, or nothing where it cannot be read any more."""
    try:
        return _dict(canonical.data(words))
    except canonical.Unreadable:
        return {}


def signed_digests(row, columns, links, kind, keys):
    """The digests as they were signed; None where nothing that is there was ever signed.

    They are looked for in what is left: as they are told, or as they follow from the columns. `links`: (name, what the link
    to the row before may have been).
    """
    actual, (name, befores) = sealing.digests_of(row, columns), links
    for digests in (_dict(row.digests), *(actual | {name: before} for before in befores)):
        words = sealing.signed(kind, sealing.digest_of(digests))
        if any(keys.verifies(key, row.signature, words) for key in keys.public):
            return digests
    return None


def altered(row, digests, columns, head):
    """The columns that are not as they were signed."""
    actual = sealing.digests_of(row, columns)
    found = [name for name in columns if digests.get(name) != actual[name]]
    found += ["digests"] if row.digests != digests else []
    return found + ([head] if getattr(row, head) != sealing.digest_of(digests) else [])


def label(model, name):
    """A column in the words of the office."""
    words = str(model._meta.get_field(name if name == "key_id" else name.removesuffix("_id")).verbose_name)
    return {"ID": "内部编号", "位次": "行号"}.get(words, words)


class _Rows:
    """The rows of one seal."""

    def __init__(self, walk, seal, digests, is_whole):
        self.walk, self.seal, self.signed, self.is_whole = walk, seal, digests or {}, is_whole
        self.title = walk.title(seal)
        roster = _told(seal.county).get("roster", [])
        self.roster = {place: name for place, (_, name) in enumerate(roster, 1)}
        self.count = len(self.roster) or seal.count
        self.places = {_digest(place): place for place in range(1, self.count + 1)}
        self.seen, self.found, self.rows, self.before = set(), [], [], sealing.START

    def check(self):
        key = self.walk.rows_of(self.seal)
        self.walk.orphans.pop(key, None)
        for row in SealedScore.objects.filter(seal=key).order_by("position", "pk").iterator(CHUNK):
            self.walk.tell()
            self._check_row(row)
        for place in range(1, self.count + 1):
            if place not in self.seen:
                self._say("row_missing", place)
        self._name_what_was_exchanged()
        self.walk.findings += self.found
        if self.is_whole and not self.found:
            self._recompute()

    def _say(self, kind, position, **more):
        branch = self.roster.get(position, "")
        self.found.append(Finding(kind, self.seal.number, self.title, position, branch, **more))

    def _check_row(self, row):
        digests = self._signed_of(row)
        if digests is None:
            self._unsigned(row)
        elif digests["seal_id"] != _digest(row.seal_id) and digests["seal_id"] in self.walk.numbers:
            number = self.walk.numbers[digests["seal_id"]]
            self._say("row_altered", row.position, column="封存", other=f"，原属第 {number} 号封存")
            return
        else:
            place = self.places[digests["position"]]
            self.seen.add(place)
            for name in altered(row, digests, sealing.ROW_COLUMNS, "digest"):
                other = f"，现在写的是第 {row.position} 行" if name == "position" else ""
                self._say("row_altered", place, column=label(SealedScore, name), other=other)
            if not self.found and digests["before"] != self.before and place - 1 in self.seen | {0}:
                self._say("row_unlinked", place)
            self.rows.append((row, digests, place))
        self.before = sealing.digest_of(digests) if digests else row.digest

    def _signed_of(self, row):
        links = ("before", (_dict(row.digests).get("before"), self.before))
        return signed_digests(row, sealing.ROW_COLUMNS, links, sealing.ROW, self.walk.keys)

    def _unsigned(self, row):
        """Never signed as it stands: its signature was changed, or the whole row was, or it was put there later."""
        if row.position not in self.places.values() or row.position in self.seen:
            self._say("row_added", row.position)
            return
        self.seen.add(row.position)
        told = _dict(row.digests)
        actual = sealing.digests_of(row, sealing.ROW_COLUMNS) | {"before": told.get("before")}
        follows = SealedScore.objects.filter(seal=row.seal_id, position=row.position + 1).first()
        after = (self._signed_of(follows) or {}).get("before") if follows else self.signed.get("rows")
        is_whole = actual == told and sealing.digest_of(told) == row.digest == after
        self._say("row_signature" if is_whole else "row_unsigned", row.position)

    def _name_what_was_exchanged(self):
        """A text that now stands where another's stood: the finding says whose it is."""
        names = ("inputs", "result", "branch_id")
        owners = {digests[name]: place for _, digests, place in self.rows for name in names}
        stands = {
            (place, label(SealedScore, name)): owners.get(_digest(getattr(row, name)))
            for row, _, place in (self.rows if self.found else ())
            for name in names
        }
        for index, finding in enumerate(self.found):
            owner = stands.get((finding.position, finding.column)) if finding.kind == "row_altered" else None
            if owner and owner != finding.position:
                words = f"，现在是第 {owner} 行（{self.roster.get(owner, '')}）的"
                self.found[index] = Finding(**asdict(finding) | {"other": words})

    def _recompute(self):
        """What was sealed as inputs gives, to the byte, what was sealed as result."""
        rows = [row for row, _, _ in self.rows]
        try:
            inputs, decided = canonical.inputs_of(self.seal.scheme, self.seal.county, [row.inputs for row in rows])
            anew = sealing.results_of(inputs, decided)
        except canonical.Unreadable:
            self.walk.findings.append(Finding("unreadable", self.seal.number, self.title))
            return
        for row in rows:
            if anew[row.branch_id] != row.result:
                self._differs(row, canonical.data(anew[row.branch_id]))
        self.walk.findings += self.found

    def _differs(self, row, now):
        was = canonical.data(row.result)
        names = [FIGURES[name] for name in FIGURES if was[name] != now[name]]
        names += [key for key in was["parts"] if _points(was["parts"][key]) != _points(now["parts"].get(key, {}))]
        self._say("recomputed" if names else "worded", row.position, column="、".join(names))


FIGURES = {
    "total": "总分", "judged": "已评分值", "still": "还可得", "rank": "名次", "group": "比较组", "grade": "等次",
    "proposed": "拟定等次", "dimensions": "各维度得分",
}  # fmt: skip


def _points(part):
    return {name: value for name, value in part.items() if name != "reason"}

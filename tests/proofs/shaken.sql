-- What the invented county has little of: one statement after the other, in the order that they need.

INSERT INTO members_standing (member_id, kind, reason, basis, start_estimated, created_by_id, created_at, started_on, ended_on)
    SELECT id, 'suspended', '', '', false, %(by)s, now(), since, CASE WHEN random() < 0.5 THEN since + 60 END
    FROM (SELECT id, date '2025-02-01' + floor(random() * 600)::int AS since FROM (SELECT id FROM members_member ORDER BY id) members_member WHERE random() < 0.03
        AND NOT EXISTS (SELECT FROM members_standing s WHERE s.member_id = members_member.id)) m;

INSERT INTO members_exemption (member_id, scope, reason, basis, created_by_id, created_at, started_on, ended_on)
    SELECT id, 'attendance', 'infirm', '', %(by)s, now(), since, CASE WHEN random() < 0.5 THEN date '2025-12-30' + floor(random() * 3)::int END
    FROM (SELECT id, date '2024-12-31' + floor(random() * 3)::int AS since FROM (SELECT id FROM members_member ORDER BY id) members_member WHERE random() < 0.1
        AND NOT EXISTS (SELECT FROM members_exemption s WHERE s.member_id = members_member.id)) m;

INSERT INTO members_dueswaiver (member_id, from_month, to_month, amount, reason, state, created_by_id, created_at,
        decided_by_id, decided_at)
    SELECT id, since, since + interval '3 months', floor(random() * 2)::int, '困难', 'approved', %(by)s, now(), %(other)s, now()
    FROM (SELECT id, (date '2025-08-01' + make_interval(months => floor(random() * 14)::int))::date AS since
        FROM (SELECT id FROM members_member ORDER BY id) members_member WHERE random() < 0.1) m;

INSERT INTO members_duesconsent (branch_id, year, agreed_on, basis, created_by_id, created_at)
    SELECT id, y, make_date(y, 1, 1) + floor(random() * 300)::int, '', %(by)s, now()
    FROM (SELECT b.id, y FROM branches_branch b, unnest(ARRAY[2025, 2026]) y ORDER BY b.id, y) b WHERE random() < 0.3 ON CONFLICT DO NOTHING;

INSERT INTO members_correction (member_id, row_key, field, reason, said, state, created_by_id, created_at, answer, answered_at,
        answered_by_id)
    SELECT id, gen_random_uuid(), 'phone', '', '', CASE WHEN late THEN 'refused' ELSE 'open' END, %(by)s, since, '不改',
        CASE WHEN late THEN since + interval '30 days' * (random() * 2) END, CASE WHEN late THEN %(other)s END
    FROM (SELECT id, timestamptz '2024-12-01 00:30+08' + interval '1 hour' * floor(random() * 15000) AS since, random() < 0.6 AS late
        FROM (SELECT id FROM members_member ORDER BY id) members_member WHERE random() < 0.1) m;

INSERT INTO branches_orgchange (branch_id, kind, "on", number, reason, before, after, created_by_id, created_at)
    SELECT id, 'upgraded', since, '文', '', 'branch', 'general', %(by)s, now()
    FROM (SELECT id, date '2025-01-20' + floor(random() * 700)::int AS since
        FROM (SELECT id FROM branches_branch WHERE kind = 'branch' ORDER BY id) b0 WHERE random() < 0.08) b;

UPDATE branches_branch SET kind = 'general' WHERE kind = 'branch' AND id IN (
        SELECT branch_id FROM branches_orgchange WHERE kind = 'upgraded' AND after = 'general');

INSERT INTO recruitment_roadstep (application_id, branch_id, step, "on", data, words, is_undone, is_imported, explained,
        created_by_id, created_at)
    SELECT application_id, branch_id, step, "on" + 20, '{}', '退回', true, false, '', %(by)s, now()
    FROM (SELECT * FROM recruitment_roadstep WHERE step NOT LIKE 'extension%%' AND step NOT LIKE 'cancellation%%' ORDER BY id) r
    WHERE random() < 0.01;

INSERT INTO members_sanction (member_id, kind, started_on, ended_on, number, created_by_id, created_at)
    SELECT id, 'probation', since, since + 300, '文', %(by)s, now()
    FROM (SELECT id, date '2024-02-01' + floor(random() * 600)::int AS since FROM (SELECT id FROM members_member ORDER BY id) members_member WHERE random() < 0.03) m;

INSERT INTO rulebook_decision (key, value, from_on, source, reason, decided_by_id, created_at)
    SELECT k.key, k.value::jsonb, (date '2025-01-01' + make_interval(months => floor(random() * 20)::int))::date, '本县', '',
        %(by)s, now()
    FROM (VALUES ('term.grace_months', '3'), ('correction.within_days', '20'), ('poll.least_ballots', '8'),
        ('duty.theme_party_day', '{"group": "life", "per": "month", "target": 20, "due": 25, "owed_by": ["branch", "joint"]}'),
        ('duty.part_period', '{"share": 0.75}'), ('recruit.backbone_years', '2'),
        ('hours.post', '{"share": 0.3, "offices": ["secretary"]}')) k (key, value)
    WHERE random() < 0.5;

INSERT INTO assessment_veto (version, year, branch_id, reason, number, "on", proposed_by_id, proposed_at, confirmed_by_id,
        confirmed_at, lifted_number, lifted_by_id, lifted_at)
    SELECT 1, 2025, id, r, '文', date '2025-06-01', %(by)s, now(), c, CASE WHEN c IS NOT NULL THEN now() END,
        CASE WHEN l IS NOT NULL THEN '解' ELSE '' END, l, CASE WHEN l IS NOT NULL THEN now() END
    FROM (SELECT id, r, CASE WHEN random() < 0.7 THEN %(other)s END AS c, CASE WHEN random() < 0.3 THEN %(by)s END AS l
        FROM (SELECT b.id, r FROM branches_branch b, unnest(ARRAY['discipline', 'fraud', 'safety']) r ORDER BY b.id, r) b WHERE random() < 0.05) b;

"""The second ledger check's questions, in SQL: each row one of them returns is a finding.

Asked of the tables and views below, which know Stripe's objects and the words of the audit trail
and nothing else of the product. `words` says what is wrong with `business_id`.
"""

from __future__ import annotations

SCHEMA = """
CREATE TABLE head (business_id, subject, id, body);
CREATE TABLE fact (business_id, subject, subject_id, seq INTEGER, key, kind, previous, hash, body);
CREATE TABLE next_number (business_id PRIMARY KEY, value INTEGER);
CREATE TABLE balance_row (business_id, id, type, source, currency, net INTEGER);
CREATE TABLE intent (business_id, id, status, currency, amount INTEGER, named);
CREATE TABLE touched (business_id, place, body);
CREATE TABLE owned (id, business_id, PRIMARY KEY (id, business_id));
CREATE INDEX fact_place ON fact (business_id, subject, subject_id, seq);

CREATE TABLE leg (business_id, subject_id, key, kind, account, currency, amount INTEGER);
CREATE INDEX leg_place ON leg (business_id, subject_id, key);

CREATE VIEW invoice AS
SELECT business_id, id, json_extract(body, '$.number') AS number,
    sequence_of(json_extract(body, '$.number')) AS sequence,
    json_extract(body, '$.totals.total') AS total,
    coalesce(json_extract(body, '$.amount_paid'), 0) AS paid,
    coalesce(json_extract(body, '$.amount_credited'), 0) AS credited,
    coalesce(json_extract(body, '$.amount_written_off'), 0) AS written_off,
    coalesce(json_extract(body, '$.amount_overpaid'), 0) AS overpaid
FROM head WHERE subject = 'invoice' AND json_extract(body, '$.finalized_at') IS NOT NULL
    AND coalesce(json_extract(body, '$.purpose'), 'invoice') = 'invoice';

-- A demand that is no invoice posts no debt: what it brings is its customer's credit.
CREATE VIEW demand AS
SELECT business_id, id, coalesce(json_extract(body, '$.demand.applied'), 0) AS applied,
    coalesce(json_extract(body, '$.amount_paid'), 0)
        + coalesce(json_extract(body, '$.amount_overpaid'), 0) AS came
FROM head WHERE subject = 'invoice'
    AND coalesce(json_extract(body, '$.purpose'), 'invoice') <> 'invoice';

-- What the legs of an invoice add up to, by what the head calls it.
CREATE VIEW posted AS
SELECT business_id, subject_id AS id, CASE
        WHEN account = 'customer_credit' THEN 'overpaid'
        WHEN account = 'write_offs' THEN 'written off'
        WHEN kind = 'reissued' AND amount > 0 THEN 'total'
        WHEN kind IN ('charge_succeeded', 'external_payment', 'external_payment_bounced',
            'dispute_closed', 'dispute_regained', 'credit_applied', 'credit_unapplied',
            'reissued') THEN 'paid'
        WHEN kind IN ('finalized', 'issued') THEN 'total'
        ELSE 'credited' END AS what,
    CASE WHEN kind IN ('finalized', 'issued') OR account = 'write_offs'
        OR kind = 'reissued' AND amount > 0 THEN amount ELSE -amount END AS amount
FROM leg WHERE (account = 'receivable' AND kind <> 'written_off' OR account = 'write_offs'
        OR account = 'customer_credit' AND kind IN ('charge_succeeded', 'dispute_regained'))
    AND EXISTS (SELECT 1 FROM invoice i WHERE i.business_id = leg.business_id
        AND i.id = leg.subject_id)
UNION ALL
-- Money for what was written off is paid, although nothing was owed any more; and back again.
SELECT business_id, subject_id, 'paid', -amount FROM leg
WHERE account = 'write_offs' AND kind <> 'written_off'
UNION ALL
SELECT business_id, subject_id, 'remaining', amount FROM leg WHERE account = 'receivable';

CREATE VIEW said AS
SELECT business_id, id, 'total' AS what, total AS amount FROM invoice
UNION ALL SELECT business_id, id, 'paid', paid FROM invoice
UNION ALL SELECT business_id, id, 'credited', credited FROM invoice
UNION ALL SELECT business_id, id, 'written off', written_off FROM invoice
UNION ALL SELECT business_id, id, 'overpaid', overpaid FROM invoice
UNION ALL SELECT business_id, subject_id, 'overpaid', json_extract(body, '$.data.amount') FROM fact
    WHERE kind = 'overpayment_moved'
UNION ALL SELECT business_id, id, 'remaining', total - credited - written_off - paid FROM invoice;

-- What of a movement went to invoices: a customer's credit that was spent, a payment's shares.
CREATE VIEW given AS
SELECT f.business_id, f.subject_id, f.key, sum(json_extract(part.value, '$.amount')) AS amount
FROM fact f, json_each(f.body, iif(f.kind = 'credit_moved', '$.data.spent', '$.data.shares')) part
WHERE f.subject = 'customer' AND f.kind IN ('credit_moved', 'external_payment')
GROUP BY f.business_id, f.subject_id, f.key;

-- How much a customer's credit grows by each of its facts.
CREATE VIEW credit_fact AS
SELECT business_id, subject_id, kind, CASE kind
        WHEN 'credit_moved' THEN json_extract(body, '$.data.added') - coalesce(given.amount, 0)
        WHEN 'external_payment' THEN
            json_extract(body, '$.data.amount') - coalesce(given.amount, 0)
        WHEN 'external_payment_reversed' THEN -json_extract(body, '$.data.from_credit')
        WHEN 'credit_payout_rejected' THEN json_extract(body, '$.data.amount')
        ELSE -json_extract(body, '$.data.amount') END AS amount
FROM fact LEFT JOIN given USING (business_id, subject_id, key)
WHERE subject = 'customer' AND (kind IN ('credit_moved', 'external_payment',
        'external_payment_reversed', 'credit_payout_rejected', 'credit_payout_requested')
    OR kind = 'credit_paid_out' AND NOT coalesce(json_extract(body, '$.data.set_aside'), 0));

-- Every movement of money at Stripe by the id of Stripe's object: theirs, and ours.
CREATE VIEW theirs AS
SELECT business_id, currency, net,
    CASE type WHEN 'charge' THEN 'charge' WHEN 'payment' THEN 'charge'
        WHEN 'refund' THEN 'refund' WHEN 'payment_refund' THEN 'refund'
        WHEN 'adjustment' THEN 'dispute movement' ELSE replace(type, '_', ' ') END AS what,
    CASE type WHEN 'adjustment' THEN id ELSE source END AS id
FROM balance_row;

CREATE VIEW ours AS
SELECT f.business_id, l.currency, sum(l.amount) AS net, f.kind <> 'fee_posted' AS times,
    CASE f.kind WHEN 'charge_succeeded' THEN 'charge' WHEN 'fee_posted' THEN 'charge'
        WHEN 'refunded' THEN 'refund' WHEN 'refund_failed' THEN 'refund failure'
        WHEN 'dispute_funds_moved' THEN 'dispute movement' WHEN 'payout_paid' THEN 'payout'
        WHEN 'payout_failed' THEN 'payout failure'
        WHEN 'application_fee_earned' THEN 'application fee'
        WHEN 'application_fee_returned' THEN 'application fee refund' ELSE f.kind END AS what,
    CASE WHEN f.kind IN ('charge_succeeded', 'fee_posted') THEN
        json_extract(f.body, '$.data.charge_id') ELSE coalesce(
        json_extract(f.body, '$.data.refund_id'), json_extract(f.body, '$.data.transaction_id'),
        json_extract(f.body, '$.data.payout_id'), json_extract(f.body, '$.data.fee_id')) END AS id
FROM fact f JOIN leg l USING (business_id, subject_id, key)
WHERE l.account = 'cash_in_transit' GROUP BY f.business_id, f.subject_id, f.key, l.currency;
"""

LEGS = """
INSERT INTO leg
SELECT business_id, subject_id, fact.key, kind, json_extract(value, '$.account'),
    json_extract(value, '$.currency'), json_extract(value, '$.amount')
FROM fact, json_each(fact.body, '$.legs')
"""

LEDGER = {
    "a fact's legs balance": """
        SELECT business_id, key || ' of ' || subject_id || ' is off by ' || sum(amount) AS words
        FROM leg GROUP BY business_id, subject_id, key, currency HAVING sum(amount) <> 0
    """,
    "the trial balance is 0": """
        SELECT business_id, currency || ' is off by ' || sum(amount) AS words
        FROM leg GROUP BY business_id, currency HAVING sum(amount) <> 0
    """,
    "an invoice says what its legs say": """
        SELECT business_id, id || ' says ' || what || ' ' || sum(said) || ', its legs say '
            || sum(posted) AS words
        FROM (SELECT business_id, id, what, amount AS said, 0 AS posted FROM said UNION ALL
              SELECT business_id, id, what, 0, amount FROM posted)
        GROUP BY business_id, id, what HAVING sum(said) <> sum(posted)
    """,
    "customer credit is the customers'": """
        SELECT business_id, 'the ledger is off by ' || sum(amount) AS words
        FROM (SELECT business_id, amount FROM leg WHERE account = 'customer_credit'
              UNION ALL SELECT business_id, coalesce(json_extract(body, '$.credit'), 0) FROM head
                  WHERE subject = 'customer'
              UNION ALL SELECT business_id, overpaid FROM invoice
              UNION ALL SELECT business_id, came - applied FROM demand)
        GROUP BY business_id HAVING sum(amount) <> 0
    """,
    "what a demand brought is applied": """
        SELECT business_id, id || ' brought ' || came || ', applied is ' || applied AS words
        FROM demand WHERE came <> applied
    """,
    "a customer's credit is what its facts say": """
        SELECT business_id, id || ' is off by ' || sum(amount) AS words
        FROM (SELECT business_id, id, coalesce(json_extract(body, '$.credit'), 0) AS amount
              FROM head WHERE subject = 'customer'
              UNION ALL SELECT business_id, subject_id, -amount FROM credit_fact)
        GROUP BY business_id, id HAVING sum(amount) <> 0
    """,
    "credit that is spent pays an invoice": """
        SELECT business_id, source || ' is off by ' || sum(amount) AS words
        FROM (SELECT business_id, json_extract(f.body, '$.data.source') AS source, given.amount
              FROM fact f JOIN given USING (business_id, subject_id, key)
              WHERE f.kind = 'credit_moved'
              UNION ALL SELECT business_id, json_extract(body, '$.data.source'),
                  -json_extract(body, '$.data.amount') FROM fact WHERE kind = 'credit_applied'
              UNION ALL SELECT business_id, subject_id, -json_extract(body, '$.data.credit')
              FROM fact WHERE kind = 'reissued')
        GROUP BY business_id, source HAVING sum(amount) <> 0
    """,
    "a demand says what its facts say": """
        SELECT business_id, id || ' is off by ' || sum(amount) AS words
        FROM (SELECT business_id, id, applied AS amount FROM demand UNION ALL
              SELECT business_id, subject_id, json_extract(body, '$.data.amount')
                  * CASE kind WHEN 'owed_again' THEN 1 ELSE -1 END
              FROM fact WHERE kind IN ('payment_applied', 'paid_outside', 'owed_again'))
        GROUP BY business_id, id HAVING sum(amount) <> 0
    """,
    "an external payment is posted once": """
        SELECT business_id, id || ' is off by ' || sum(amount) AS words
        FROM (SELECT business_id, json_extract(body, '$.data.payment_id') AS id,
                  json_extract(body, '$.data.amount')
                  * CASE kind WHEN 'external_payment' THEN 1 ELSE -1 END AS amount
              FROM fact WHERE subject = 'customer'
                  AND kind IN ('external_payment', 'external_payment_reversed')
              UNION ALL SELECT f.business_id, json_extract(f.body, '$.data.payment_id'), -l.amount
              FROM fact f JOIN leg l USING (business_id, subject_id, key)
              WHERE l.account = 'bank' AND f.kind IN ('external_payment',
                  'external_payment_bounced', 'external_payment_reversed'))
        GROUP BY business_id, id HAVING sum(amount) <> 0
    """,
    "a refund past Stripe is posted once": """
        SELECT business_id, id || ' is off by ' || sum(amount) AS words
        FROM (SELECT h.business_id, json_extract(one.value, '$.id') AS id,
                  json_extract(one.value, '$.amount') AS amount
              FROM head h, json_each(h.body, '$.refunds') one WHERE h.subject = 'invoice'
                  AND json_extract(one.value, '$.status') = 'succeeded'
                  AND coalesce(json_extract(one.value, '$.stripe_refund_id'), '') = ''
              UNION ALL SELECT business_id, json_extract(body, '$.data.request_id'),
                  -json_extract(body, '$.data.amount')
              FROM fact WHERE kind = 'external_refund_paid')
        GROUP BY business_id, id HAVING sum(amount) <> 0
    """,
    "what is set aside for a payout ends once": """
        SELECT business_id, id || ' ended ' || -sum(times) || ' times too often' AS words
        FROM (SELECT business_id, json_extract(body, '$.data.payout_id') AS id,
                  CASE kind WHEN 'credit_payout_requested' THEN 1 ELSE -1 END AS times
              FROM fact WHERE kind IN ('credit_payout_requested', 'credit_payout_rejected')
                  OR kind = 'credit_paid_out' AND json_extract(body, '$.data.set_aside'))
        GROUP BY business_id, id HAVING sum(times) < 0
    """,
    "a number is given once": """
        SELECT business_id, number || ' was given ' || count(*) || ' times' AS words
        FROM invoice WHERE number IS NOT NULL GROUP BY business_id, number HAVING count(*) > 1
    """,
    "numbers have no gap": """
        SELECT business_id, count(*) || ' numbers from ' || min(sequence) || ' to ' || max(sequence)
            || ', next is ' || coalesce(next.value, 'nowhere') AS words
        FROM invoice LEFT JOIN next_number next USING (business_id) WHERE sequence IS NOT NULL
        GROUP BY business_id
        HAVING count(*) <> max(sequence) - min(sequence) + 1
            OR next.value IS NOT max(sequence) + 1
    """,
    "credit notes have numbers of their own without a gap": """
        SELECT business_id, count(*) || ' credit notes up to ' || max(sequence) AS words
        FROM (SELECT h.business_id, sequence_of(json_extract(one.value, '$.number')) AS sequence
              FROM head h, json_each(h.body, '$.credit_notes') one WHERE h.subject = 'invoice')
        GROUP BY business_id
        HAVING count(*) <> max(sequence) OR count(DISTINCT sequence) <> count(*)
    """,
    "a refund that is asked for ends": """
        SELECT h.business_id, h.id || ': refund ' || json_extract(one.value, '$.id')
            || ' was never sent' AS words
        FROM head h, json_each(h.body, '$.refunds') one WHERE h.subject = 'invoice'
            AND coalesce(json_extract(one.value, '$.status'), 'requested') = 'requested'
    """,
    "the chain is whole": """
        SELECT business_id, subject_id || ': fact ' || seq || ' does not follow' AS words
        FROM (SELECT *, row_number() OVER one AS place, lag(hash, 1, '') OVER one AS before
              FROM fact WINDOW one AS (PARTITION BY business_id, subject, subject_id ORDER BY seq))
        WHERE seq <> place OR previous <> before
    """,
    "a fact is as it was written": """
        SELECT business_id, subject_id || ': fact ' || seq || ' was changed' AS words
        FROM fact WHERE hash <> hash_of(body)
    """,
    "the head is its last fact's": """
        SELECT h.business_id, h.id || ' is not at its last fact' AS words
        FROM head h LEFT JOIN (SELECT *, max(seq) FROM fact
            GROUP BY business_id, subject, subject_id) f
            ON (f.business_id, f.subject, f.subject_id) = (h.business_id, h.subject, h.id)
        WHERE json_extract(h.body, '$.version') IS NOT f.seq
            OR json_extract(h.body, '$.chain') IS NOT f.hash
    """,
}

STRIPE = {
    "each movement at Stripe is posted once": """
        SELECT business_id, what || ' ' || coalesce(id, '?') || ': Stripe ' || sum(their_times)
            || ' times ' || sum(their_net) || ', we ' || sum(our_times) || ' times '
            || sum(our_net) || ' ' || currency AS words
        FROM (SELECT business_id, what, id, currency, net AS their_net, 1 AS their_times,
                  0 AS our_net, 0 AS our_times FROM theirs UNION ALL
              SELECT business_id, what, id, currency, 0, 0, net, times FROM ours)
        GROUP BY business_id, what, id, currency
        HAVING sum(their_net) <> sum(our_net) OR sum(their_times) <> sum(our_times)
    """,
    "each success is posted once": """
        SELECT business_id, id || ': Stripe ' || sum(theirs) || ', we ' || sum(ours) || ' times'
            AS words
        FROM (SELECT business_id, id, amount, 1 AS theirs, 0 AS ours FROM intent
              WHERE status = 'succeeded' UNION ALL
              SELECT business_id, json_extract(body, '$.data.intent_id'),
                  json_extract(body, '$.data.amount'), 0, 1
              FROM fact WHERE kind = 'charge_succeeded')
        GROUP BY business_id, id, amount HAVING sum(theirs) <> sum(ours) OR sum(ours) > 1
    """,
    "cash in transit is Stripe's balance": """
        SELECT business_id, 'Stripe holds ' || sum(net) || ' ' || currency || ', we say '
            || sum(ours) AS words
        FROM (SELECT business_id, currency, net, 0 AS ours FROM balance_row UNION ALL
              SELECT business_id, currency, 0, amount FROM leg WHERE account = 'cash_in_transit')
        GROUP BY business_id, currency HAVING sum(net) <> sum(ours)
    """,
}

WALLS = {
    "an intent is of its account's business": """
        SELECT business_id, id || ' names ' || named AS words FROM intent
        WHERE named IS NOT business_id
    """,
    "nothing names another business's": """
        SELECT t.business_id, t.place || ' names ' || o.id || ' of ' || o.business_id AS words
        FROM touched t, json_tree(t.body) part JOIN owned o ON o.id = part.atom
        WHERE part.type = 'text' AND o.business_id <> t.business_id
            AND NOT EXISTS (SELECT 1 FROM owned mine
                            WHERE mine.id = o.id AND mine.business_id = t.business_id)
    """,
}

QUESTIONS = LEDGER | STRIPE | WALLS

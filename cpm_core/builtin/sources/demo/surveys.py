"""Surveys: CSAT and CES after tickets, NPS after orders; sent, and answered or not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from cpm_core.builtin.sources.demo import clock, truths
from cpm_core.builtin.sources.demo.arrays import Bools, Floats, Ints, coded, ids, numbers, pick, times
from cpm_core.builtin.sources.demo.customers import People
from cpm_core.builtin.sources.demo.orders import Orders, order_ids
from cpm_core.builtin.sources.demo.service import RESPONSE_HOURS, Tickets

CES_SHARE = 0.3
NPS_SHARE = 0.12
ANSWER_DAYS = 2.0
"""Mean days to an answer."""
CSAT_LOST = 0.9
"""Points of CSAT lost each time the response takes e times longer."""
COMMENT_SHARE = 0.12
GOOD = ("Quick and friendly.", "Très bon service, merci !", "非常满意，谢谢！", "Alles bestens gelöst.")
BAD = ("I waited far too long.", "Réponse beaucoup trop tardive.", "等了太久才有人回复。", "Leider sehr langsam.")


def csat_table(who: People, desk: Tickets) -> pa.Table:
    """One CSAT survey (1 to 5) for every resolved ticket, on the day after."""
    rng = who.stream("csat")
    rows = np.flatnonzero(desk.resolved < clock.END)
    score = 4.35 - CSAT_LOST * np.log(desk.hours[rows] / RESPONSE_HOURS) + 0.9 * rng.standard_normal(len(rows))
    return _table(who, "csat", desk.customer[rows], desk.resolved[rows], score, (1, 5), desk.ids(who, rows))


def ces_table(who: People, desk: Tickets) -> pa.Table:
    """A CES survey (1 to 7, 7 is very easy) for some of the resolved tickets."""
    rng = who.stream("ces")
    rows = np.flatnonzero((desk.resolved < clock.END) & (rng.random(len(desk.resolved)) < CES_SHARE))
    score = 5.4 - 0.6 * np.log(desk.hours[rows] / RESPONSE_HOURS) + 1.1 * rng.standard_normal(len(rows))
    return _table(who, "ces", desk.customer[rows], desk.resolved[rows], score, (1, 7), desk.ids(who, rows))


def nps_table(who: People, sales: Orders) -> pa.Table:
    """An NPS survey (0 to 10) for some of the sales, a week after."""
    rng = who.stream("nps")
    rows = np.flatnonzero(rng.random(sales.size) < NPS_SHARE)
    mood = rng.standard_normal(who.size)
    score = 8.4 + 1.1 * mood[sales.customer[rows]] + 1.4 * rng.standard_normal(len(rows))
    at = sales.at[rows] + 6 * clock.DAY
    return _table(who, "nps", sales.customer[rows], at, score, (0, 10), order_ids(who, sales, rows))


def _answers(who: People, kind: str, customer: Ints, sent: Ints) -> tuple[Ints, Bools]:
    """When each is answered, and which never are by the last day."""
    rng = who.stream(f"{kind} answers")
    silent = (who.region[customer] == truths.REGIONS.index(truths.SILENT_REGION)) & (
        sent >= clock.day_of(truths.SILENT_FROM) * clock.DAY
    )
    share = np.where(silent, truths.SILENT_RESPONSE_SHARE, truths.RESPONSE_SHARE)
    delay = rng.exponential(ANSWER_DAYS * clock.DAY, len(sent)).astype(np.int64)
    # Everybody who answers does so within 13 days, so that the response rate is the planted one.
    responded = clock.awake(sent + np.minimum(delay, 13 * clock.DAY) + 120)
    return responded, (rng.random(len(sent)) >= share) | (responded >= clock.END)


def _table(
    who: People, kind: str, customer: Ints, after: Ints, latent: Floats, scale: tuple[int, int], about: pa.Array
) -> pa.Table:
    rng = who.stream(f"{kind} table")
    sent = (after // clock.DAY + 1) * clock.DAY + 10 * clock.HOUR + rng.integers(0, clock.HOUR, len(after))
    rows = np.flatnonzero(sent < clock.END)
    customer, sent = customer[rows], sent[rows]
    responded, never = _answers(who, kind, customer, sent)
    score = np.clip(np.rint(latent[rows]), *scale)
    about, other = about.take(pa.array(rows)), pa.nulls(len(rows), pa.string())
    return pa.table(
        {
            "response_id": ids(kind[0].upper() + kind[1].upper(), who.chunk * 10_000_000 + rows, 12),
            "customer_id": coded(who.ids, customer),
            "sent_at": times(sent),
            "responded_at": times(responded, never),
            "kind": coded([kind], np.zeros(len(rows), np.int64)),
            "score": numbers(score, never),
            "scale_min": numbers(np.full(len(rows), float(scale[0]))),
            "scale_max": numbers(np.full(len(rows), float(scale[1]))),
            "touchpoint": coded(["purchase" if kind == "nps" else "service"], np.zeros(len(rows), np.int64)),
            "channel": coded(("email", "sms"), pick(rng, len(rows), (0.8, 0.2))),
            "ticket_id": other if kind == "nps" else about,
            "order_id": about if kind == "nps" else other,
            "comment": _comments(who, kind, score >= sum(scale) / 2 + 0.5, never),
        }
    )


def _comments(who: People, kind: str, pleased: Bools, never: Bools) -> pa.Array:
    rng = who.stream(f"{kind} words")
    words: Sequence[str] = GOOD + BAD
    codes = rng.integers(0, len(GOOD), len(pleased)) + np.where(pleased, 0, len(GOOD))
    return coded(words, codes, never | (rng.random(len(pleased)) >= COMMENT_SHARE))

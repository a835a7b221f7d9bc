"""What every tier rule, lifecycle rule, profile column and action must hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from cpm_core.model.rules import STAGES, TIERS
from cpm_core.model.tables import arguments_of
from cpm_core.model.text import LOCALES, Locale
from cpm_core.testing import asking
from cpm_core.testing.contracts.base import UNKNOWN, Contract

if TYPE_CHECKING:
    import pandas as pd

ID = ("customer_id",)
ORDER = "when the rows come in another order; break ties by customer_id"
TWICE = "when every row is delivered twice; count ids, and join on keys that are unique"
LATER = "when rows of later days are there; ask settings.as_of for the day, never the clock"
AGAINST = {"shuffled": ORDER, "doubled": TWICE, "later": LATER}


class CustomersContract(Contract):
    """Base of the contracts of what labels customers: a frame with one row each."""

    def frame(self, variant: str) -> pd.DataFrame:
        """What is labelled, on a variant of the tables; `customer_id` and the labels."""
        raise NotImplementedError

    def test_the_order_of_rows_does_not_matter(self) -> None:
        """Shuffled rows give the same labels."""
        self._same("shuffled")

    def test_rows_that_come_twice_count_once(self) -> None:
        """A row that is delivered twice counts once."""
        self._same("doubled")

    def test_nothing_after_the_as_of_day_changes_it(self) -> None:
        """Rows of days to come change nothing."""
        self._same("later")

    def test_every_customer_is_there_once(self) -> None:
        """No join multiplies customers or loses them, be they ever so new."""
        for variant in ("plain", "empty"):
            found = sorted(self.frame(variant)["customer_id"])
            wanted = asking.customers(self.bench.opened(variant))
            twice = sorted({one for one in found if found.count(one) > 1})
            assert not twice, f"{self.name} has {twice} more than once; join on keys that are unique"
            gone = sorted(set(wanted) ^ set(found))
            assert not gone, f"{self.name} and the customers table differ by {gone}; join to the left"

    def _same(self, variant: str) -> None:
        said = self.bench.changed(variant, self.frame, ID)
        assert not said, f"{self.name} changes {AGAINST[variant]}: {said}"


class TierContract(CustomersContract):
    """What every tier rule must hold.

    Attributes:
        tier_rule: The rule's id.
        options: Its keys of `tiers` in a params file.
    """

    kind, attribute = "tier_rules", "tier_rule"
    tier_rule: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}

    def frame(self, variant: str) -> pd.DataFrame:
        """Each customer's tier, value and rank."""
        return self._tiers(variant)[["customer_id", "tier", "value", "rank"]]

    def test_every_customer_is_in_one_tier(self) -> None:
        """The tiers are those that there are."""
        strange = set(self._tiers("plain")["tier"]) - set(TIERS)
        assert not strange, f"{self.name} gives tiers that do not exist: {sorted(map(str, strange))}"

    def test_ties_are_broken_by_id(self) -> None:
        """Of customers alike in everything each has the same value, and the ranks follow value and id."""
        rows = self._tiers("twins").set_index("customer_id")
        for one in rows.index:
            twin = f"{one}{asking.TWIN}"
            if twin in rows.index:
                a, b = rows["value"][one], rows["value"][twin]
                assert a == b or (a != a and b != b), (  # noqa: PLR0124  # NaN is the one value unlike itself
                    f"{self.name} gives {one} {a} and a customer alike in everything {b}; no row numbers, no chance"
                )
        ranked = rows.dropna(subset="rank").sort_values("rank").reset_index()
        in_order = ranked.sort_values(["value", "customer_id"], ascending=[False, True])
        assert ranked.index.equals(in_order.index), f"{self.name}: ranks do not follow value and customer_id"

    def test_reasons_are_in_both_languages(self) -> None:
        """Every customer's tier has its reason in words, and says what would lift it."""
        for locale in LOCALES:
            _spoken(self.name, self._tiers("plain", locale), ["reason"], locale)

    def test_without_rows_nobody_is_above_the_lowest_tier(self) -> None:
        """Where nothing happened, the rule runs, and no customer has a value."""
        tiers = set(self._tiers("empty")["tier"])
        assert tiers <= {TIERS[-1]}, f"{self.name} puts customers of whom nothing is known into {sorted(tiers)}"

    def test_an_unknown_option_is_refused(self) -> None:
        """An option that there is not is refused by name."""
        self.refuses("tiers", {"rule": self.tier_rule, **self.options, UNKNOWN: 1})

    def tables_behind(self) -> list[str]:
        """The tables that the rule declares."""
        return list(self.provided.item.reads)

    def _tiers(self, variant: str, locale: Locale = "en") -> pd.DataFrame:
        use = {"rule": self.provided.item.id, **self.options}
        return self.once(f"{variant} {locale}", lambda: asking.tiers(self.bench.opened(variant), use, locale))


class LifecycleContract(CustomersContract):
    """What every lifecycle rule must hold.

    Attributes:
        lifecycle_rule: The rule's id.
        options: Its keys of `lifecycle` in a params file.
    """

    kind, attribute = "lifecycle_rules", "lifecycle_rule"
    lifecycle_rule: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}

    def frame(self, variant: str) -> pd.DataFrame:
        """Each customer's stage and the key of its reason."""
        return self._stages(variant)[["customer_id", "stage", "reason"]]

    def test_every_customer_is_in_one_stage_with_a_reason_that_is_declared(self) -> None:
        """The stages are those that there are, and the reasons those that the rule declares."""
        found = self._stages("plain")
        strange = set(found["stage"]) - set(STAGES)
        assert not strange, f"{self.name} gives stages that do not exist: {sorted(map(str, strange))}"
        unsaid = set(found["reason"]) - set(self.provided.item.reasons)
        assert not unsaid, f"{self.name} gives reasons that it does not declare: {sorted(map(str, unsaid))}"

    def test_reasons_are_in_both_languages(self) -> None:
        """Each reason is said in both languages, and its placeholders are columns that the rule gives."""
        for key, words in self.provided.item.reasons.items():
            self.says(words, f"reason {key!r}")
        for locale in LOCALES:
            _spoken(self.name, self._stages("plain", locale), ["words"], locale)

    def test_it_can_be_asked_for_an_earlier_day(self) -> None:
        """Stages of a month ago are worked out of what was known then."""
        book = self.bench.opened("plain")
        day = book.period.start - timedelta(days=1)
        found = set(asking.stages(book, self.provided, self.options, day=day)["stage"])
        assert found <= set(STAGES), f"{self.name} on {day} gives stages that do not exist: {sorted(map(str, found))}"

    def test_an_unknown_option_is_refused(self) -> None:
        """An option that there is not is refused by name."""
        self.refuses("lifecycle", {"rule": self.lifecycle_rule, **self.options, UNKNOWN: 1})

    def tables_behind(self) -> list[str]:
        """The tables that the rule declares."""
        return list(self.provided.item.reads)

    def _stages(self, variant: str, locale: Locale = "en") -> pd.DataFrame:
        rule = self.provided
        return self.once(
            f"{variant} {locale}", lambda: asking.stages(self.bench.opened(variant), rule, self.options, locale)
        )


class ProfileContract(CustomersContract):
    """What every profile column must hold.

    Attributes:
        profile_column: The column's id.
    """

    kind, attribute = "profile_columns", "profile_column"
    profile_column: ClassVar[str] = ""

    def frame(self, variant: str) -> pd.DataFrame:
        """The profile's customers and the column."""
        found = self.once(variant, lambda: asking.profile(self.bench.opened(variant)))
        assert self.name in found, f"{self.name} is not in the profile; deliver the tables that its arguments name"
        return found[["customer_id", self.name]]

    def test_it_names_each_customer_at_most_once(self) -> None:
        """What the function returns has one row a customer: it is joined to the profile."""
        for variant in ("plain", "empty"):
            ids = asking.own_rows(self.bench.opened(variant), self.name)
            twice = sorted({one for one in ids if ids.count(one) > 1})
            assert not twice, f"{self.name} has {twice} more than once; group by customer_id"

    def tables_behind(self) -> list[str]:
        """The tables that its function asks for."""
        needs = arguments_of(self.provided.item.compute)
        return [*needs.reads, *needs.optional]


class ActionContract(Contract):
    """What every action must hold.

    Attributes:
        action: The action's id.
    """

    kind, attribute = "actions", "action"
    action: ClassVar[str] = ""

    def test_its_amounts_are_possible(self) -> None:
        """Cost and hours are not negative, and what it saves is a share."""
        item = self.provided.item
        assert item.cost >= 0, f"{self.name} costs {item.cost}; an amount is zero or above"
        assert item.hours >= 0, f"{self.name} takes {item.hours} hours; zero or above"
        assert 0 <= item.saves <= 1, f"{self.name} saves {item.saves}; it is a share from 0 to 1"

    def test_it_is_for_tiers_and_stages_that_there_are(self) -> None:
        """Tiers and stages are named as the core names them."""
        strange = (set(self.provided.item.tiers) - set(TIERS)) | (set(self.provided.item.stages) - set(STAGES))
        assert not strange, f"{self.name} is for tiers or stages that do not exist: {sorted(strange)}"

    def test_its_condition_is_yes_or_no(self) -> None:
        """The condition is a boolean column of the profile, and runs, on tables without rows too."""
        for variant in ("plain", "empty"):
            who = asking.eligible(self.bench.opened(variant), self.provided)
            assert set(who) <= set(asking.customers(self.bench.opened(variant))), f"{self.name} is for strangers"

    def test_it_declares_the_tables_that_its_condition_reads(self) -> None:
        """`reads` names the tables of the columns that the condition asks for; without them a plan is refused."""
        used = asking.read_by(self.bench.opened(), self.provided.item.when)
        undeclared = sorted(used - {*self.provided.item.reads, "customers"})
        assert not undeclared, f"{self.name} reads {', '.join(undeclared)}, and does not say so: reads=(...)"


def _spoken(name: str, frame: pd.DataFrame, columns: Sequence[str], locale: Locale) -> None:
    """See that columns of words say something in every row, with nothing left to fill in."""
    for column in columns:
        words = frame[column].fillna("").astype(str)
        mute = frame[words.str.strip() == ""]
        assert mute.empty, f"{name} says no reason for {mute['customer_id'].iloc[0]} in {locale!r}"
        open_ = words[words.str.contains("{", regex=False)]
        assert open_.empty, f"{name} leaves a placeholder in {open_.iloc[0]!r}"

"""What approved work is owed: the rates in force on its day, base, bonuses and incentives, one rounding a row.

ACCOUNTING.md §6. The base rate is the vendor's own, or else the program's standard card; every bonus and incentive in force for
the vendor or for the card comes on top. Work is approved when somebody approved it on some day, whenever that was; it counts by
`work_date`. What does not belong here: what vendors billed (`vendor_documents`, `review_vendor_work`).
"""

from __future__ import annotations

from close_library.accounting.currency import at_spot, functional
from close_library.accounting.revenue.pricing import rounded
from close_library.accounting.sql import FILE_ORDER, text

_KEY = "vendor_id, program_id, work_type"

_SPANS = f"""
    WITH card AS (
        SELECT {_KEY}, rate_type, rate_from AS first_day, coalesce(rate_to, DATE '9999-12-31') AS last_day, rate
        FROM vendor_rates
        QUALIFY row_number() OVER (PARTITION BY {_KEY}, rate_type, rate_from ORDER BY {FILE_ORDER}) = 1
    ),
    tasks AS (SELECT DISTINCT {_KEY} FROM vendor_work),
    offered AS (
        SELECT {_KEY}, true AS own, rate_type, first_day, last_day, rate FROM tasks JOIN card USING ({_KEY})
        UNION ALL
        SELECT tasks.vendor_id, program_id, work_type, false, rate_type, first_day, last_day, rate
        FROM tasks JOIN (SELECT * FROM card WHERE vendor_id IS NULL) c USING (program_id, work_type)
    ),
    days AS (
        SELECT {_KEY}, first_day FROM offered
        UNION SELECT {_KEY}, last_day + 1 FROM offered WHERE last_day < DATE '9999-12-31'
    ),
    in_force AS (
        SELECT {_KEY}, d.first_day,
               first(rate ORDER BY own DESC, o.first_day DESC) FILTER (WHERE rate_type = 'base') AS base_rate,
               first(own ORDER BY own DESC, o.first_day DESC) FILTER (WHERE rate_type = 'base') AS own_base,
               coalesce(sum(rate) FILTER (WHERE rate_type = 'bonus'), 0) AS bonus,
               coalesce(sum(rate) FILTER (WHERE rate_type = 'incentive'), 0) AS incentive
        FROM days d LEFT JOIN offered o USING ({_KEY})
        WHERE d.first_day BETWEEN o.first_day AND o.last_day
        GROUP BY {_KEY}, d.first_day
    )
    SELECT {_KEY}, d.first_day,
           lead(d.first_day) OVER (PARTITION BY {_KEY} ORDER BY d.first_day) - 1 AS last_day,
           base_rate, own_base, bonus, incentive
    FROM days d LEFT JOIN in_force USING ({_KEY}, first_day)
"""
"""One row a vendor, program, type of work and span of days on which its rates don't change.

Where two base rates of the vendor (or of the card) are in force on a day, the later `rate_from` counts."""

_CURRENCIES = f"""
    SELECT vendor_id, coalesce(v.currency, i.currency) AS currency
    FROM (SELECT vendor_id, currency FROM vendors
          QUALIFY row_number() OVER (PARTITION BY vendor_id ORDER BY {FILE_ORDER}) = 1) v
    FULL JOIN (SELECT vendor_id, min(currency) AS currency FROM vendor_invoices WHERE status <> 'void'
               GROUP BY 1 HAVING count(DISTINCT currency) = 1) i USING (vendor_id)
"""
"""The currency of a vendor's rates: its own, or else the one currency in which it bills."""


def owed_work_query(functional_currency: str) -> str:
    """Every row of work with what is owed for it, over all dates.

    Columns: work_id, address, vendor_id, program_id, owner, work_type, work_date, quantity, approved_quantity (0 where empty),
    approved, base_rate (NULL: none in force), own_base (of the vendor, not of the card), bonus, incentive, owed_rate (their
    sum, whether approved or not), currency (of the vendor), owed (that currency, rounded; 0 while not approved), functional
    (at the work's date; NULL: the rate is missing). The rows stand in no order.
    """
    value = functional("w.owed", "w.currency", "s.rate", functional_currency)
    return f"""
        WITH spans AS ({_SPANS}), currencies AS ({_CURRENCIES}),
        rated AS (
            SELECT w.work_id, w.source_file, w.source_row, w.vendor_id, w.program_id, w.owner_program_id AS owner, w.work_type,
                   w.work_date, w.quantity, coalesce(w.approved_quantity, 0) AS approved_quantity,
                   w.approved_by IS NOT NULL AND w.approved_date IS NOT NULL AS approved,
                   s.base_rate, coalesce(s.own_base, false) AS own_base,
                   CAST(coalesce(s.bonus, 0) AS DECIMAL(30,12)) AS bonus,
                   CAST(coalesce(s.incentive, 0) AS DECIMAL(30,12)) AS incentive,
                   coalesce(c.currency, {text(functional_currency)}) AS currency
            FROM vendor_work w
            LEFT JOIN spans s ON (s.vendor_id, s.program_id, s.work_type) = (w.vendor_id, w.program_id, w.work_type)
                             AND s.first_day <= w.work_date AND (s.last_day IS NULL OR w.work_date <= s.last_day)
            LEFT JOIN currencies c ON c.vendor_id = w.vendor_id
        ),
        summed AS (SELECT *, CAST(coalesce(base_rate, 0) + bonus + incentive AS DECIMAL(30,12)) AS owed_rate FROM rated),
        w AS (
            SELECT *, CASE WHEN approved THEN {rounded("approved_quantity * owed_rate", "currency")}
                      ELSE CAST(0 AS DECIMAL(22,4)) END AS owed
            FROM summed
        )
        SELECT w.*, {value} AS functional
        FROM w {at_spot("w.currency", "w.work_date")}
    """

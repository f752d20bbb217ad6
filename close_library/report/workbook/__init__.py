"""A workpaper as a workbook that recalculates: every figure a live formula over its source rows.

    Summary     what it is, who signed, its figures (SUMIFS over Data) with their tick marks
    Tie-outs    differences and verdicts as formulas; Findings; both with cells for explanations
    20.1 …      each schedule: totals, figures, parts of figures, differences as formulas; cells to fill in
    Charts      native charts, where the document has any
    Data        the source rows; then Sources, Parameters

Nothing from outside becomes a formula or a link, and the figures' keys F001, F002, … are ours, because a criterion
such as `<x` or `a*` would be an operator. All cells are locked but those that a person fills in. The same input
gives the same bytes.
"""

"""Reports on paper: tagged PDF/A-3b with the notebook, the data and the workbook inside it, set by typst.

    paper    one PDF per workpaper
    binder   all of a period as one PDF

The pages say what the HTML page says, in its order. Nothing of the text is markup: it goes in as data. The fonts are our
own, so that the same input gives the same bytes on every machine.
"""

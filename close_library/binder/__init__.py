"""Is it sealed, is it whole, can an outsider re-perform it? A closed period as one file that stands alone.

    seal_binder     everything of a period, with a manifest of digests, chained to the prior binder, signed when there is a key
    verify_binder   every digest, the signature, the chain and the record; then every notebook again, and each difference

What does not belong here: how a workpaper is computed, drawn or executed.
"""

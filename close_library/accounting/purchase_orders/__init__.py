"""From purchase order to cash and back: values, statuses, trace, burn."""

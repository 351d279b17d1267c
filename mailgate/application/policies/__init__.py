"""The operators' policy: documents before they are in force (`documents`, `backtest`), `versions`, and differences (`compare`)."""

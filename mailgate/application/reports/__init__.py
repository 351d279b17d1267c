"""Figures over time, for people who plan: who still asks for help by mail (`legacy`)."""

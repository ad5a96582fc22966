"""Handles what patients send back: texts, answers to questions and unsubscribe clicks."""

"""Measuring every thinking task on files of labelled cases."""

"""The golden set: few, hard cases of our own for every thinking task, so that a change of prompt or model shows."""

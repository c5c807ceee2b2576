"""Simulated input: song and log files in Sparkify's form and layout, of any size, from a seed."""

from sparkify_dwh.simulation.simulate import Simulation, inputs_under, simulate

__all__ = ["Simulation", "inputs_under", "simulate"]

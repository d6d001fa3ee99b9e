"""Models whose causes are known, which methods find them, and whether verdicts can be believed.

``python -m benchmarks.ground_truth`` writes results/ground_truth.md: methods × circuits set by hand, methods × trained
toys, and overlays of edges beside true knock-outs.
"""

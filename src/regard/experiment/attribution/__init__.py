"""Attribution beside attention: signed shares of one number that the model said, by token, edge, head or layer.

One method a file; each says what it answers and what it is blind to. All take a
:class:`~regard.experiment.Question` and give an :class:`~regard.experiment.Attribution` (patching gives a
:class:`~regard.experiment.Scan`).
"""

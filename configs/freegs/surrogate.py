"""Use a surrogate of the campaign, as in a notebook; `enchanted-tui --fit runs/tokamak` makes it.

python configs/freegs/surrogate.py runs/tokamak
"""

import sys

import pandas

import enchanted_tui

model = enchanted_tui.load_model(sys.argv[1])
print(model.errors)
points = pandas.DataFrame({"pressure_on_axis": range(2000, 20000, 3000)})
points["plasma_current"], points["x_point_z"] = 3.5e5, -0.65
mean, std = model.predict(points)
points["poloidal_beta"], points["uncertain_by"] = mean["poloidal_beta"], std["poloidal_beta"]
points["success"] = model.probability_of_success(points)
print(points.to_string(index=False))

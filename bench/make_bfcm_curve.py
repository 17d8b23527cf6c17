"""Makes scenarios/curves/bfcm-sample.csv: a Black Friday evening shaped by published figures, not anybody's data.

- 2025-11-28, one row a minute, 16:00 to 23:59; sessions of a mid-sized shop (order of 100 a minute).
- The busiest minute is 1.5 times the mean minute (Adobe's figure for Black Friday 2024, second hand), at about 21:00.
- Minute-to-minute noise is Poisson, seeded.

    python bench/make_bfcm_curve.py > scenarios/curves/bfcm-sample.csv
"""

import numpy as np

MEAN_A_MINUTE, BUSIEST_TO_MEAN, MINUTES = 90, 1.5, 480

minutes = np.arange(MINUTES)
hump = np.exp(-0.5 * ((minutes - 300) / 75) ** 2)  # evening shopping, 21:00
offers = 0.35 * np.exp(-0.5 * ((minutes - 120) / 12) ** 2)  # a mailing at 18:00
shape = 0.55 + hump + offers
shape = 1 + (shape - shape.mean()) * (BUSIEST_TO_MEAN - 1) / (shape.max() - shape.mean())
sessions = np.random.Generator(np.random.Philox(key=2025)).poisson(MEAN_A_MINUTE * shape)

print("time,sessions")
for minute, count in zip(minutes, sessions, strict=True):
    print(f"2025-11-28 {16 + minute // 60:02d}:{minute % 60:02d}:00,{count}")

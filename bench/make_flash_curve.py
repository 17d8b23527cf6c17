"""Makes scenarios/curves/flash-drop.csv: one product, announced for 12:00:00, in rows of one second.

Ten minutes of quiet would only cost time, so the file holds 20 s of waiting shoppers, a ten-second ramp from 1 to 40
sessions a second, a minute of rush and a minute of ebb (half-life 20 s).

    python bench/make_flash_curve.py > scenarios/curves/flash-drop.csv
"""

from datetime import datetime, timedelta

QUIET, TOP = 1.0, 40.0
start = datetime(2025, 11, 28, 11, 59, 40)

print("time,sessions")
for second in range(150):
    if second < 20:
        rate = QUIET
    elif second < 30:
        rate = QUIET + (TOP - QUIET) * (second - 19) / 10
    elif second < 90:
        rate = TOP
    else:
        rate = QUIET + (TOP - QUIET) * 0.5 ** ((second - 90) / 20)
    print(f"{start + timedelta(seconds=second):%Y-%m-%d %H:%M:%S},{rate:.2f}")

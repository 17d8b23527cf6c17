"""From last year's curve and a seed to due times. Pure: no clock, no network, no pandas."""

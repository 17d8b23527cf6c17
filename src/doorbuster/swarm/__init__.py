"""The load side: the only package that imports Locust or gevent."""

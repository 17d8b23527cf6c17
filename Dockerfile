# One image for the staging services, the master and the workers of docker-compose.yml.
FROM python:3.11-slim
WORKDIR /doorbuster
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src src
COPY scenarios scenarios
COPY locustfiles locustfiles
COPY analysis analysis
RUN pip install --no-cache-dir --constraint constraints.txt . \
 && useradd --create-home shopper && mkdir /runs && chown shopper /runs
USER shopper
ENV DOORBUSTER_RUNS=/runs PYTHONUNBUFFERED=1
ENTRYPOINT ["doorbuster"]

#!/bin/sh
# PostgreSQL 15 as Debian packages it, for the engines that keep their books in it. Its own cluster is not started.
set -eu
[ -x /usr/lib/postgresql/15/bin/initdb ] && exit 0
export DEBIAN_FRONTEND=noninteractive
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf
apt-get update -qq
apt-get install -y -qq postgresql-15

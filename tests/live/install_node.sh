#!/bin/sh
# Node and npm as Debian packages them, for engines from npm, where there are none. Node 20 is what they were tried with.
set -eu
command -v npm > /dev/null && exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends nodejs npm

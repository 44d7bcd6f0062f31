#!/bin/sh
# What each form of res-type gets. Start the cluster with two agents of two regular and four lent cpus each:
#   npm start -- --resources 'cpus:2;mem:2048' --revocable-resources cpus:4 --cluster-opt mesos.tasktimeout=10s
set -eu
: "${DOCKER_HOST:=tcp://127.0.0.1:4375}"
export DOCKER_HOST

kind='{{index .Config.Labels "com.docker.swarm.mesos.resourceType"}}'
for form in '==regular' '==~regular' '==revocable' '==~revocable' '==*'; do
  echo "res-type$form"
  started=''
  for _ in 1 2 3 4 5; do
    if id=$(docker run -d -e "constraint:res-type$form" --cpu-shares 2 busybox sleep 1000); then
      started="$started $id"
      echo "  $(docker inspect -f "$kind" "$id")"
    else
      break # Nothing fits any more; docker has said why.
    fi
  done
  # shellcheck disable=SC2086
  docker rm -f $started >/dev/null
done

#!/usr/bin/env bash
# Breaks a node of the lab in virtual machines, or undoes it: what the file of the cluster that scripts/vagrant-lab writes names for
# `relevo drill --cluster`. Usage: vagrant/fault.sh FOLDER inject|heal FAULT NODE. Heal may come at any time.
set -euo pipefail
folder=$1 action=$2 fault=$3 node=$4
domain=relevo-lab-$node
hold=3
unit='$(systemctl show -p MainPID --value relevo)'

inside() { if [ -d /run/systemd/system ]; then "$@"; else ip netns exec relevo-vm "$@"; fi; }
in_machine() { inside ssh -q -F "$folder/ssh.config" "$@"; }
machine() { virsh -q -c qemu:///system "$@"; }
# The hardware address tells the segment: 02:00:0a:0a is front, 02:00:0a:14 back, 02:00:0a:1e sync (src/lab/topology.ts).
hardware() {
  case "$1" in front) set -- 0a:0a ;; back) set -- 0a:14 ;; sync) set -- 0a:1e ;; esac
  machine domiflist "$domain" | grep -o "02:00:$1:[0-9a-f:]*"
}
cable() { machine domif-setlink "$domain" "$(hardware "$1")" "$2" >/dev/null; } # SEGMENT up|down
# One way only: what the node sends.
sending() { # start netem options … | stop
  local words=$* command=
  for device in front0 back0 sync0; do
    if [ "$1" = stop ]; then command+="tc qdisc del dev $device root 2>/dev/null; "; else command+="tc qdisc replace dev $device root netem ${words#* }; "; fi
  done
  in_machine "$node" "$command true"
}

case "$action $fault" in
  'inject agent-kill') in_machine "$node" systemctl kill --kill-who=main --signal=KILL relevo ;;
  'inject agent-freeze') in_machine "$node" "kill -STOP $unit; sleep $hold; kill -CONT $unit" ;;
  'heal agent-freeze') in_machine "$node" "kill -CONT $unit" ;;
  'inject agent-restart') in_machine "$node" systemctl restart relevo ;;
  'inject conntrackd-kill') in_machine "$node" "pkill -KILL -x conntrackd; sleep $hold" ;;
  'inject conntrackd-freeze') in_machine "$node" "pkill -STOP -x conntrackd; sleep $hold; pkill -CONT -x conntrackd" ;;
  'heal conntrackd-freeze') in_machine "$node" "pkill -CONT -x conntrackd || true" ;;
  'inject ruleset-flush') in_machine "$node" "nft flush ruleset; sleep $hold" ;;
  'inject witness-off') in_machine client "systemctl kill --signal=KILL relevo-witness; systemctl stop relevo-witness; sleep $hold" ;;
  'heal witness-off') in_machine client systemctl start relevo-witness ;;
  'inject node-off') machine destroy "$domain" >/dev/null ;;
  'heal node-off') [ "$(machine domstate "$domain")" = running ] || machine start "$domain" >/dev/null ;;
  'inject node-reboot') in_machine "$node" systemctl reboot || true ;;
  'inject front-link') cable front down ;;
  'inject back-link') cable back down ;;
  'inject sync-link') cable sync down; sleep "$hold" ;;
  'heal front-link') cable front up ;;
  'heal back-link') cable back up ;;
  'heal sync-link') cable sync up ;;
  'inject packet-loss') sending start loss 10%; sleep 5; sending stop ;;
  'inject delay') sending start delay 10ms 9ms; sleep 5; sending stop ;;
  'inject duplicates') sending start duplicate 20%; sleep 5; sending stop ;;
  'heal packet-loss' | 'heal delay' | 'heal duplicates') sending stop ;;
  heal\ *) ;;
  *)
    echo "vagrant/fault.sh: no way to inject $fault here" >&2
    exit 2
    ;;
esac

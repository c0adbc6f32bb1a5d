#!/usr/bin/env bash
# Runs in a machine of the lab, as root; NAME says which it is. /opt/relevo is what scripts/vagrant-lab has laid out: the built program, its
# packages, cluster/, and in lab/NAME the files of this machine (`relevo lab files`). May be run again at any time.
set -euo pipefail
name=$1
lab=/opt/relevo/lab

# A public box comes with less than the one that vagrant/box.sh builds.
missing=()
for program in nft:nftables conntrack:conntrack conntrackd:conntrackd curl:curl arping:iputils-arping; do
  command -v "${program%%:*}" >/dev/null || missing+=("${program##*:}")
done
if [ "${#missing[@]}" -gt 0 ]; then
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
fi
command -v node >/dev/null || install -m 755 /opt/relevo/node /usr/local/bin/node
ln -sf /opt/relevo/dist/bin/relevo.js /usr/bin/relevo
chmod 755 /opt/relevo/dist/bin/relevo.js
# The agent has conntrackd as its child: Debian's own unit must not run another.
systemctl disable --now conntrackd.service >/dev/null 2>&1 || true

# Names and addresses; what was there by other means goes.
for file in "$lab/$name"/network/*; do install -m 644 "$file" /etc/systemd/network/; done
for file in "$lab/$name"/network/*.link; do
  device=$(basename "$file" .link)
  device=${device#*-}
  hardware=$(sed -n 's/^MACAddress=//p' "$file")
  for path in /sys/class/net/*; do
    [ "$(cat "$path/address")" = "$hardware" ] || continue
    present=$(basename "$path")
    [ "$present" = "$device" ] && continue
    ip link set "$present" down
    ip link set "$present" name "$device"
  done
done
echo nf_conntrack >/etc/modules-load.d/relevo.conf
modprobe nf_conntrack
[ ! -e "$lab/$name/sysctl.conf" ] || { install -m 644 "$lab/$name/sysctl.conf" /etc/sysctl.d/90-relevo.conf; sysctl -q -p /etc/sysctl.d/90-relevo.conf; }
systemctl enable --now systemd-networkd
networkctl reload
networkctl reconfigure $(cd /sys/class/net && ls -d front0 back0 sync0 2>/dev/null || true)

# The lab's own network reaches nobody else, and its scripts are root in its machines.
install -d -m 700 /root/.ssh
install -m 600 /home/vagrant/.ssh/authorized_keys /root/.ssh/authorized_keys

install -d -m 700 /etc/relevo
for file in "$lab/$name"/relevo/*; do
  [ ! -e "$file" ] || install -m 600 "$file" /etc/relevo/
done
units=()
for unit in "$lab/$name"/units/*; do
  [ -e "$unit" ] || continue
  install -m 644 "$unit" /etc/systemd/system/
  units+=("$(basename "$unit")")
done
if [ "${#units[@]}" -gt 0 ]; then
  systemctl daemon-reload
  systemctl enable --quiet "${units[@]}"
  systemctl restart --no-block "${units[@]}"
fi

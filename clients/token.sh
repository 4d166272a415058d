#!/bin/sh
# token.sh USER [SECONDS] [STATE_DIR]: prints a login token (a JWT signed with HS256) for USER.
#
# For trying things out on one's own machine. It signs with the secret of the plugin "jwt",
# STATE_DIR/data/jwt/secret, and makes that secret first where there is none; so it can log in as
# anybody. An application does the same with a JWT library of its language: docs/login.md.
# While openssl runs, the secret is on its command line, where other users of the machine can see
# it: not for a machine that others log in to.
#
# SECONDS   how long the token is good; 3600 where it is left out
# STATE_DIR "state_dir" of the server's config; build/state of this project where it is left out
set -eu
LC_ALL=C # lengths in bytes
export LC_ALL

die() {
	echo "token.sh: $1" >&2
	exit 2
}

usage="usage: token.sh USER [SECONDS] [STATE_DIR]"
if [ $# -lt 1 ] || [ $# -gt 3 ]; then
	die "$usage"
fi
user=$1
seconds=${2:-3600}
state_dir=${3:-$(dirname "$0")/../build/state}

if [ -z "$user" ] || [ ${#user} -gt 255 ]; then
	die "USER: expected 1 to 255 bytes, found ${#user}; $usage"
fi
case $user in
*[\"\\[:cntrl:]]*) die 'USER: expected a name without quotes, backslashes and control characters' ;;
esac
case $seconds in
'' | *[!0-9]* | ??????????*)
	die "SECONDS: expected a whole number of at most 9 digits, found \"$seconds\"; $usage" ;;
esac
command -v openssl >/dev/null || die "openssl is not there; on Debian: apt-get install openssl"

# The secret: 32 random bytes in hexadecimal. `set -C` has the shell create the file and never
# overwrite one, so that of two callers at once the second takes the secret of the first.
folder=$state_dir/data/jwt
secret=$folder/secret
if [ ! -e "$secret" ]; then
	mkdir -p "$folder" || die "cannot make the folder $folder"
	random=$(openssl rand -hex 32)
	(umask 077 && set -C && echo "$random" >"$secret") 2>/dev/null || true
fi
[ -r "$secret" ] || die "cannot read $secret; run this as the user that the server runs as"

# The key is the file's bytes less one newline at the end, as the plugin reads it.
key=$(od -An -v -tx1 "$secret" | tr -d ' \n')
key=${key%0a}
[ ${#key} -ge 64 ] || die "$secret: expected at least 32 bytes, found $((${#key} / 2))"

base64url() {
	openssl base64 -A | tr '+/' '-_' | tr -d '='
}

now=$(date +%s)
header=$(printf '{"alg":"HS256","typ":"JWT"}' | base64url)
claims=$(printf '{"sub":"%s","iat":%d,"exp":%d}' "$user" "$now" "$((now + seconds))" | base64url)
signature=$(printf '%s.%s' "$header" "$claims" |
	openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64url)
printf '%s.%s.%s\n' "$header" "$claims" "$signature"

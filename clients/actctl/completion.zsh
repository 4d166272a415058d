#compdef actctl
# Completion of actctl's command line for zsh. What there is to complete is taken from its own
# --help, so that the two cannot differ.

_actctl() {
	local -a found
	if ((CURRENT == 2)); then
		found=(${(f)"$(actctl --help |
			sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\)  *\(.*\)/\1:\2/p')"})
		_describe command found
		return
	fi
	case $words[CURRENT-1] in
	-p | --protocol)
		compadd base act.v1 act.json.v1
		return
		;;
	-m | --mode)
		compadd echo fan-out connect
		return
		;;
	--lang)
		compadd c cpp rust
		return
		;;
	-c | --config | --token-file | --ca | -S | --socket | --admin-token-file | --dir | --needs)
		_files
		return
		;;
	esac
	case $PREFIX in
	-*)
		found=(${(f)"$(actctl $words[2] --help |
			sed -n '/^Options:/,/^$/s/^ *\(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p')"})
		compadd -a found
		;;
	@*)
		compset -P @
		_files
		;;
	*)
		if [[ $words[2] == plugin && CURRENT -eq 3 ]]; then
			compadd new check
		elif [[ $words[2] == (check-config|dev|plugin) ]]; then
			_files
		fi
		;;
	esac
}

_actctl "$@"

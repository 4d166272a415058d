# Completion of actctl's command line for bash. What there is to complete is taken from its own
# --help, so that the two cannot differ.

# _actctl_words COMMAND: the options that COMMAND takes; without one: the commands.
_actctl_words() {
	if [ $# -eq 0 ]; then
		actctl --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'
		echo --help --version
	else
		actctl "$1" --help | sed -n '/^Options:/,/^$/s/^ *\(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p'
	fi
}

_actctl() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]-}
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_actctl_words)" -- "$word")
		return
	fi
	case $before in
	-p | --protocol)
		mapfile -t COMPREPLY < <(compgen -W 'base act.v1 act.json.v1' -- "$word")
		return
		;;
	-m | --mode)
		mapfile -t COMPREPLY < <(compgen -W 'echo fan-out connect' -- "$word")
		return
		;;
	--lang)
		mapfile -t COMPREPLY < <(compgen -W 'c cpp rust' -- "$word")
		return
		;;
	-c | --config | --token-file | --ca | -S | --socket | --admin-token-file | --dir | --needs)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	esac
	case $word in
	-*) mapfile -t COMPREPLY < <(compgen -W "$(_actctl_words "$command")" -- "$word") ;;
	@*) mapfile -t COMPREPLY < <(compgen -f -P @ -- "${word#@}") ;;
	*) case $command in
		plugin)
			if [ "$COMP_CWORD" -eq 2 ]; then
				mapfile -t COMPREPLY < <(compgen -W 'new check' -- "$word")
				return
			fi
			;;
		check-config | dev) ;;
		*) return ;;
		esac
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	esac
}

complete -o filenames -F _actctl actctl

# shellcheck shell=bash
# Completion of portbook for bash.  It needs nothing but bash 4.4, neither bash-completion.
#
# portbook itself knows what fits: `portbook __complete -- WORD...` prints it, a line each with
# "WORD<TAB>what it is", and at the end ":none", ":files" or ":folders".

# What was typed up to the cursor, in words as portbook will get them.  bash cuts words at
# COMP_WORDBREAKS ("--env=test" is three, "shop@2/web" perhaps, too): pieces with no blank between
# them are one word.  Quotes are taken off; of expansions only a "~/" is made.
_portbook_words()
{
	local line=${COMP_LINE:0:COMP_POINT} piece i word
	_portbook_typed=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		piece=${COMP_WORDS[i]}
		if ((i == 0)) || [[ $line == [[:space:]]* || -z $line$piece ]]; then
			line=${line#"${line%%[![:space:]]*}"}
			_portbook_typed+=("")
		fi
		# The last one may go on behind the cursor.
		((i < COMP_CWORD)) && [[ $line == "$piece"* ]] || piece=$line
		line=${line#"$piece"}
		_portbook_typed[-1]+=$piece
	done
	for ((i = 0; i < ${#_portbook_typed[@]}; i++)); do
		word=${_portbook_typed[i]//[\"\'\\]/}
		[[ $word != \~/* ]] || word=$HOME${word:1}
		_portbook_typed[i]=$word
	done
}

_portbook()
{
	local _portbook_typed program line lines paths cut
	COMPREPLY=()
	_portbook_words
	program=${_portbook_typed[0]}
	type -P -- "$program" >/dev/null || program=portbook
	mapfile -t lines < <("$program" __complete -- "${_portbook_typed[@]:1}" 2>/dev/null)
	((${#lines[@]})) || return 0
	paths=${lines[-1]}
	unset 'lines[-1]'

	# readline replaces what stands behind the last of its word breaks, not the whole word; a
	# break that is an "@" it replaces, too (rl_special_prefixes).
	cut=${_portbook_typed[-1]}
	cut=${cut%"${cut##*["$COMP_WORDBREAKS"]}"}
	cut=${cut%@}
	for line in "${lines[@]}"; do
		line=${line%%$'\t'*}
		COMPREPLY+=("${line#"$cut"}")
	done
	# No blank behind "shop/": more is to come.
	if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/@=] ]]; then
		compopt -o nospace 2>/dev/null
	fi
	if [[ ${#COMPREPLY[@]} -eq 0 ]]; then
		case $paths in
		:files) compopt -o default 2>/dev/null ;;
		:folders) compopt -o dirnames 2>/dev/null ;;
		esac
	fi
	return 0
}

complete -F _portbook portbook

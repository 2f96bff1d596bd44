#compdef portbook
# Completion of portbook for zsh: as _portbook in a folder of fpath, or sourced behind compinit.
#
# portbook itself knows what fits: `portbook __complete -- WORD...` prints it, a line each with
# "WORD<TAB>what it is", and at the end ":none", ":files" or ":folders".

_portbook()
{
	emulate -L zsh -o extended_glob
	local program=${(Q)words[1]} line word about paths=:none result=1
	local -a lines whole open

	[[ $program == '~/'* ]] && program=$HOME${program[2,-1]}
	(( $+commands[$program] )) || [[ -x $program ]] || program=portbook
	lines=("${(@f)$($program __complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
	for line in $lines; do
		if [[ $line == :* ]]; then
			paths=$line
			continue
		fi
		word=${line%%$'\t'*}
		about=${line#*$'\t'}
		# _describe takes the first colon for the end of the word.
		word=${word//:/\\:}${about:+:$about}
		if [[ ${line%%$'\t'*} == *[/@=] ]]; then
			open+=($word)
		else
			whole+=($word)
		fi
	done

	(( $#whole )) && _describe -t words portbook whole && result=0
	# No blank behind "shop/": more is to come.
	(( $#open )) && _describe -t words portbook open -S '' && result=0
	if [[ $paths != :none ]]; then
		[[ $PREFIX == --*=* ]] && compset -P 1 '*='
		case $paths in
		(:files) _files && result=0 ;;
		(:folders) _files -/ && result=0 ;;
		esac
	fi
	return result
}

if [[ $funcstack[1] == _portbook ]]; then
	_portbook "$@"
else
	compdef _portbook portbook
fi

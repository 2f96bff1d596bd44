# Completion of portbook for fish.
#
# portbook itself knows what fits: `portbook __complete -- WORD...` prints it, a line each with
# "WORD<TAB>what it is", which is what fish takes, and at the end ":none", ":files" or ":folders".

function __portbook_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    # Variables that are set for the one command: "PORTBOOK_BOOK=x portbook ..."
    while string match -qr '^[A-Za-z_][A-Za-z0-9_]*=' -- $before[1]
        set -e before[1]
    end
    set -l program portbook
    command -q -- $before[1]; and set program $before[1]
    set -l lines ($program __complete -- $before[2..-1] $word 2>/dev/null)
    set -l paths $lines[-1]

    for line in $lines[1..-2]
        echo $line
    end
    set -l option (string match -r -- '^--[^=]*=' $word)
    set -l path (string replace -r -- '^--[^=]*=' '' $word)
    switch "$paths"
        case :files
            printf "$option%s\n" (__fish_complete_path $path)
        case :folders
            printf "$option%s\n" (__fish_complete_directories $path '')
    end
end

complete -c portbook -f -a '(__portbook_complete)'

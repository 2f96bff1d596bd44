echo 'node server.js --port 3000'
cat <<EOF
PORT=3000 node server.js
EOF
node server.js --port 3000 --help

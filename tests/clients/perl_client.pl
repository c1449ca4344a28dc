#!/usr/bin/perl
# Search::Elasticsearch, unmodified: perl_client.pl URL CA USER PASSWORD INDEX; prints JSON.
use strict;
use warnings;
use JSON::PP;
use Search::Elasticsearch;

my ($url, $ca, $user, $password, $index) = @ARGV;
my $es = Search::Elasticsearch->new(
    nodes       => [$url],
    userinfo    => "$user:$password",
    ssl_options => {SSL_verify_mode => 1, SSL_ca_file => $ca},
);
my $bulk = $es->bulk_helper(index => $index, max_count => 100);
$bulk->index({id => "perl$_", source => {at => '2026-02-03T04:05:06Z', model => 'from-perl', latency_ms => $_}}) for 1 .. 250;
$bulk->flush;
$es->indices->refresh(index => $index);
my $found = $es->search(index => $index, body => {
    size  => 0,
    query => {term => {model => 'from-perl'}},
    aggs  => {sum => {sum => {field => 'latency_ms'}}},
});
my $missing = eval { $es->search(index => 'nothing-here'); 'found' } || ref $@;
print encode_json({
    count   => $es->count(index => $index)->{count},
    total   => $found->{hits}{total}{value},
    sum     => $found->{aggregations}{sum}{value},
    exists  => $es->exists(index => $index, id => 'perl7') ? 1 : 0,
    missing => $missing,
    health  => $es->cluster->health->{status},
    cat     => $es->cat->indices(h => 'index'),
});
